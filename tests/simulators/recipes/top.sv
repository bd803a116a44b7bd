// SPDX-License-Identifier: MIT
// A design of the recipes, with an error in it: it forgets what it is given in one cycle.
module top(input logic clk, input logic [31:0] d, output logic [31:0] sum);
  logic [15:0] cycle = 0;
  initial sum = 0;
  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (cycle != 2999) sum <= sum + d;
  end
endmodule
