// SPDX-License-Identifier: MIT
// The other model: keeps the last four numbers and answers with their sum.
module pong(input logic clk, input logic [15:0] from_ping, output logic [15:0] to_ping);
  logic [15:0] last [4];
  always_ff @(posedge clk) begin
    last[0] <= from_ping;
    for (int i = 1; i < 4; i++) last[i] <= last[i - 1];
  end
  assign to_ping = last[0] + last[1] + last[2] + last[3];
endmodule
