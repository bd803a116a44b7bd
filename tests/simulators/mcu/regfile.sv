// SPDX-License-Identifier: MIT
// Register file of the mcu: sixteen words, register 0 reads as zero.
module regfile (
    input  logic        clk,
    input  logic        rst,
    input  logic        we,
    input  logic [3:0]  waddr,
    input  logic [31:0] wdata,
    input  logic [3:0]  raddr_a,
    input  logic [3:0]  raddr_b,
    output logic [31:0] rdata_a,
    output logic [31:0] rdata_b
);

  logic [31:0] words[16];

  assign rdata_a = words[raddr_a];
  assign rdata_b = words[raddr_b];

  always_ff @(posedge clk) begin
    if (rst) for (int i = 0; i < 16; i++) words[i] <= 32'd0;
    else if (we && waddr != 4'd0) words[waddr] <= wdata;
  end

endmodule
