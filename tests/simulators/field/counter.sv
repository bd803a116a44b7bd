// SPDX-License-Identifier: MIT
// The smallest model that has a value.
module counter(input clk, output reg [31:0] n);
  initial n = 0;
  always @(posedge clk) n <= n + 1;
endmodule
