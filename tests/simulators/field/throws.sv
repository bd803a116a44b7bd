// SPDX-License-Identifier: MIT
// Calls a function of the testbench at each rising edge.
module throws(input clk, output reg [31:0] q);
  import "DPI-C" function void at_edge(input int n);
  initial q = 0;
  always @(posedge clk) begin
    q <= q + 1;
    at_edge(q);
  end
endmodule
