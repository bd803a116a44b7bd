// SPDX-License-Identifier: MIT
// What every design here holds: with --hierarchical a model of its own.
module leaf(input logic clk, input logic [7:0] a, output logic [31:0] sum);
`ifdef BLOCK
  /*verilator hier_block*/
`endif
  logic [3:0] phase = 0;
  always_ff @(posedge clk) begin
    sum <= sum + {24'b0, a};
    phase <= phase + 1;
  end
endmodule
