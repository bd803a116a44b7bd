// SPDX-License-Identifier: MIT
// What the cocotb test drives.
module accumulator(input logic clk, input logic rst, input logic [7:0] a, output logic [15:0] sum);
  logic [3:0] count;
  always_ff @(posedge clk)
    if (rst) begin
      sum <= 0;
      count <= 0;
    end else begin
      sum <= sum + {8'b0, a};
      count <= count + 1;
    end
endmodule
