// SPDX-License-Identifier: MIT
// One of two models of a round: counts, and hands a number on.
module ping(input logic clk, input logic [15:0] from_pong, output logic [15:0] to_pong, output logic [31:0] count);
  logic [15:0] state = 16'h1;
  always_ff @(posedge clk) begin
    count <= count + 1;
    state <= {state[14:0], state[15] ^ state[13] ^ state[12] ^ state[10]} ^ from_pong;
  end
  assign to_pong = state + count[15:0];
endmodule
