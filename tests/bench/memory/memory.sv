// SPDX-License-Identifier: MIT
// A small model beside which the testbench keeps a large memory: what matters is in main.cpp.
module memory (
    input  logic        clk,
    input  logic [31:0] in,
    output logic [31:0] out
);

  logic [31:0] words[1024];
  logic [ 9:0] at;

  initial begin
    out = 0;
    at = 0;
  end

  always_ff @(posedge clk) begin
    at <= at + 1;
    words[at] <= out ^ in;
    out <= out + words[at] + in + 1;
  end

endmodule
