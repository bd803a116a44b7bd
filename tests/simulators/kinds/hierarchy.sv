// SPDX-License-Identifier: MIT
// Two blocks that are models of their own.
module hierarchy(input logic clk, input logic [7:0] a, output logic [31:0] sum);
  logic [31:0] one, two;
  leaf u0(.clk, .a, .sum(one));
  leaf u1(.clk, .a(a + 8'd3), .sum(two));
  always_comb sum = one ^ two;
endmodule
