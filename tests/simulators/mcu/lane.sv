// SPDX-License-Identifier: MIT
// One lane of the scrambler: a shift register of 72 bits that takes something in every cycle.
module lane #(
    parameter int INDEX = 0
) (
    input  logic        clk,
    input  logic        rst,
    input  logic [63:0] seed,
    input  logic [63:0] in,
    output logic [71:0] state
);

  logic feedback;

  assign feedback = state[71] ^ state[65] ^ state[24] ^ state[18];

  always_ff @(posedge clk) begin
    if (rst) state <= {8'(INDEX + 1), seed};
    else state <= {state[70:0], feedback} ^ {in, 8'(INDEX)};
  end

endmodule
