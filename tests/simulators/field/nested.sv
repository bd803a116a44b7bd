// SPDX-License-Identifier: MIT
// A design that runs its own testbench from inside of its first eval, as svsim's do.
module nested(input clk, output reg [31:0] n, output reg [31:0] mixed);
  import "DPI-C" context function void bench_body();
  import "DPI-C" context function void bench_step(input int unsigned n);
  initial begin
    n = 0;
    mixed = 32'h9e3779b9;
    bench_body();
  end
  always @(posedge clk) begin
    n <= n + 1;
    mixed <= (mixed << 5) ^ (mixed >> 3) ^ n;
    bench_step(n);
  end
endmodule
