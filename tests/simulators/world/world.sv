// SPDX-License-Identifier: MIT
// Remembers every stimulus that it was ever given: one wrong word shows in all values from there on.
module world (
    input  logic        clk,
    input  logic        rst,
    input  logic [31:0] stimulus,
    output logic [31:0] state,
    output logic [31:0] count
);

    logic [31:0] history[0:7];

    always_ff @(posedge clk) begin
        if (rst) begin
            state <= 32'h1;
            count <= 0;
            for (int i = 0; i < 8; i++) history[i] <= 0;
        end else begin
            state <= {state[26:0], state[31:27]} ^ (stimulus * 32'h9e3779b1) ^ history[count[2:0]];
            history[count[2:0]] <= stimulus + state;
            count <= count + 1;
        end
    end

endmodule
