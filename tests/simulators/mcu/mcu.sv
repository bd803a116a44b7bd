// SPDX-License-Identifier: MIT
// A small processor of our own: four states per instruction, a program that never ends, a data
// memory in banks and a wide scrambler. Every kind of signal that a waveform can hold is in it:
// enums, packed structs, arrays, signals of more than 64 and 128 bits, a real.
module mcu
  import mcu_pkg::*;
(
    input  logic        clk,
    input  logic        rst,
    input  logic [63:0] seed,
    input  logic [2:0]  end_request,
    output logic [31:0] checksum,
    output logic [31:0] retired
);

  // The testbench's part of the machine, called in every cycle.
  import "DPI-C" function int unsigned host_sample(int unsigned cycle, int unsigned value);

  state_e              state;
  end_e                ending;
  instruction_t        imem[IMEM_WORDS];
  instruction_t        ir;
  bus_t                bus;
  logic         [4:0]  pc;
  logic         [31:0] a, b, y, load_data, result, cycle, host;
  logic         [63:0] product, when_retired;
  logic        [199:0] pool;
  real                 load_share;

  initial for (int i = 0; i < IMEM_WORDS; i++) imem[i] = program_word(i);

`ifdef MCU_DUMPVARS
  // A design that writes its waveform itself.
  string dump_file;
  initial
    if ($value$plusargs("dump=%s", dump_file)) begin
      $dumpfile(dump_file);
      $dumpvars;
    end
`endif

  assign ending = end_e'(end_request);
  assign bus.valid = state == MEMORY && (ir.op == OP_LOAD || ir.op == OP_STORE);
  assign bus.write = ir.op == OP_STORE;
  assign bus.addr = a[15:0] + ir.imm;
  assign bus.data = b;
  assign bus.shadow = {pool[95:64], result, cycle};

  regfile u_regfile (
      .clk,
      .rst,
      .we(state == WRITEBACK && ir.op inside {[OP_LI : OP_LOAD], OP_HOST}),
      .waddr(ir.rd),
      .wdata(ir.op == OP_LOAD ? load_data : result),
      .raddr_a(ir.ra),
      .raddr_b(ir.rb),
      .rdata_a(a),
      .rdata_b(b)
  );

  alu u_alu (.op(ir.op), .a, .b, .imm(ir.imm), .host, .y, .product);

  memory #(.BANKS(4)) u_memory (.clk, .bus, .rdata(load_data));

  scrambler #(.LANES(4)) u_scrambler (
      .clk,
      .rst,
      .mix(state == EXECUTE && ir.op == OP_MIX),
      .seed,
      .in(product),
      .pool
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      state <= FETCH;
      pc <= 5'd0;
      ir <= opi(OP_NOP, 0, 0, 0);
      result <= 32'd0;
      retired <= 32'd0;
      when_retired <= 64'd0;
      load_share <= 0.0;
    end else begin
      case (state)
        FETCH: begin
          ir <= imem[pc];
          pc <= pc + 5'd1;
          state <= EXECUTE;
        end
        EXECUTE: begin
          result <= y;
          if (ir.op == OP_JUMP || (ir.op == OP_BNE && a != b)) pc <= ir.imm[4:0];
          state <= MEMORY;
        end
        MEMORY: begin
          load_share <= load_share * 0.875 + (bus.valid && !bus.write ? 0.125 : 0.0);
          state <= WRITEBACK;
        end
        default: begin
          retired <= retired + 32'd1;
          when_retired <= $time;
          state <= FETCH;
        end
      endcase
    end
  end

  always_ff @(posedge clk) begin
    cycle <= rst ? 32'd0 : cycle + 32'd1;
    checksum <= rst ? 32'd0 : {checksum[30:0], checksum[31]} ^ pool[31:0] ^ result;
    host <= host_sample(cycle, checksum);
  end

  always_ff @(posedge clk) begin
    case (ending)
      END_FINISH: $finish;
      END_STOP: $stop;
      END_FATAL: $fatal(1, "mcu: cannot go on at pc %0d", pc);
      default: ;
    endcase
    a_no_error :
    assert (ending != END_ERROR)
    else $error("mcu: told to fail at pc %0d", pc);
  end

endmodule
