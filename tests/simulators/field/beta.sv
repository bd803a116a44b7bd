// SPDX-License-Identifier: MIT
// A model with a memory. alpha and beta are two models of the same kind.
module beta(input clk, input [31:0] d, output reg [31:0] q);
  reg [31:0] mem [0:1023];
  reg [9:0] a;
  initial begin q = 0; a = 0; end
  always @(posedge clk) begin
    a <= a + 1;
    mem[a] <= q ^ d;
    q <= q + mem[a] + d + 1;
  end
endmodule
