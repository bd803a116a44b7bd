// SPDX-License-Identifier: MIT
// Something wide that changes every cycle: LANES shift registers of 72 bits, folded into 200 bits.
module scrambler #(
    parameter int LANES = 4
) (
    input  logic         clk,
    input  logic         rst,
    input  logic         mix,
    input  logic [63:0]  seed,
    input  logic [63:0]  in,
    output logic [199:0] pool
);

  logic [LANES*72-1:0] lanes;

  for (genvar i = 0; i < LANES; i++) begin : g_lane
    lane #(.INDEX(i)) u_lane (
        .clk,
        .rst,
        .seed,
        .in(mix ? in : 64'd0),
        .state(lanes[i*72+:72])
    );
  end

  always_ff @(posedge clk) begin
    if (rst) pool <= {8'd0, seed, ~seed, seed};
    else pool <= {pool[198:0], pool[199]} ^ 200'(lanes) ^ (200'(lanes >> 100) << 17);
  end

endmodule
