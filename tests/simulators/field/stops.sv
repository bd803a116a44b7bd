// SPDX-License-Identifier: MIT
// A design that ends the run by itself: at its cycle `at`, in the way `how`. With 3 an assertion fails in every cycle from
// there on, with 4 it finishes ten cycles after its $stop.
module stops(input clk, input [31:0] at, input [31:0] how, output reg [31:0] n, output reg [31:0] mixed);
  initial n = 0;
  initial mixed = 32'h9e3779b9;
  always @(posedge clk) begin
    n <= n + 1;
    mixed <= (mixed << 5) ^ (mixed >> 3) ^ n;
    if (n == at && (how == 0 || how == 4)) $stop;
    if (n == at && how == 1) $fatal(1, "fatal at %0d", n);
    if (n == at + 10 && how == 4) $finish;
    if (how == 2) assert (n != at) else $error("not in cycle %0d", n);
    if (how == 3) assert (n < at) else $error("not from cycle %0d on", at);
  end
endmodule
