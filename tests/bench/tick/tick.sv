// SPDX-License-Identifier: MIT
// The smallest model worth measuring: a counter and shift registers, about 50 ns per eval, so that
// every nanosecond that a hook adds to an eval is seen.
module tick (
    input  logic        clk,
    input  logic [31:0] in,
    output logic [31:0] out
);

  localparam int REGISTERS = 40;

  logic [31:0] count;
  logic [31:0] state[REGISTERS];

  initial begin
    count = 32'd0;
    for (int i = 0; i < REGISTERS; i++) state[i] = 32'(i) * 32'h9e3779b9 + 32'd1;
  end

  for (genvar i = 0; i < REGISTERS; i++) begin : g_register
    wire [31:0] previous = state[(i+REGISTERS-1)%REGISTERS];
    always_ff @(posedge clk)
      state[i] <= {state[i][30:0], state[i][31] ^ state[i][21] ^ state[i][1] ^ state[i][0]} ^ (previous >> 7) ^ in;
  end

  always_ff @(posedge clk) count <= count + 32'd1;

  assign out = state[0] ^ count;

endmodule
