// SPDX-License-Identifier: MIT
// Data memory of the mcu: BANKS banks of sixteen words, each its own generated scope.
module memory
  import mcu_pkg::*;
#(
    parameter int BANKS = 4
) (
    input  logic        clk,
    input  bus_t        bus,
    output logic [31:0] rdata
);

  logic [31:0] bank_rdata[BANKS];
  logic [$clog2(BANKS)-1:0] bank_select;

  assign bank_select = bus.addr[4+:$clog2(BANKS)];
  assign rdata = bank_rdata[bank_select];

  for (genvar i = 0; i < BANKS; i++) begin : g_bank
    logic [31:0] cells[16];
    logic [15:0] writes;

    initial begin
      writes = 16'd0;
      for (int j = 0; j < 16; j++) cells[j] = 32'(i * 16 + j) * 32'h01000193;
    end

    assign bank_rdata[i] = cells[bus.addr[3:0]];

    always @(posedge clk) begin
      if (bus.valid && bus.write && int'(bank_select) == i) begin
        cells[bus.addr[3:0]] <= bus.data;
        writes <= writes + 16'd1;
      end
    end
  end

endmodule
