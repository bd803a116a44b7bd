// SPDX-License-Identifier: MIT
// Constraints: the simulator has them solved by a program that it starts, and talks to through pipes.
class packet;
  rand bit [15:0] address;
  rand bit [7:0] length;
  constraint fits {
    address[1:0] == 0;
    length inside {[1:64]};
    32'(address) + 32'(length) < 32'h8000;
  }
endclass

module random(input logic clk, output logic [31:0] sum);
  packet p;
  initial begin
    p = new;
    sum = 0;
  end
  always @(posedge clk) begin
    if (p.randomize() == 0) $stop;
    sum <= sum * 3 + 32'(p.address) + (32'(p.length) << 16);
  end
endmodule
