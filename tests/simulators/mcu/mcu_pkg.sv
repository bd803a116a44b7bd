// SPDX-License-Identifier: MIT
// Types of the mcu and its program. The program is assembled by constant functions, so that the
// simulator needs no memory file at run time and can be started in any directory.
`timescale 1ns / 1ps

package mcu_pkg;

  typedef enum logic [2:0] {
    FETCH, EXECUTE, MEMORY, WRITEBACK
  } state_e;

  typedef enum logic [3:0] {
    OP_NOP, OP_LI, OP_ADD, OP_SUB, OP_XOR, OP_SHL, OP_SHR, OP_MUL,
    OP_LOAD, OP_STORE, OP_HOST, OP_MIX, OP_BNE, OP_JUMP
  } op_e;

  // How the testbench asks the design to end.
  typedef enum logic [2:0] {
    END_NONE, END_FINISH, END_STOP, END_FATAL, END_ERROR
  } end_e;

  typedef struct packed {
    op_e         op;
    logic [3:0]  rd;
    logic [3:0]  ra;
    logic [3:0]  rb;
    logic [15:0] imm;
  } instruction_t;

  typedef struct packed {
    logic        valid;
    logic        write;
    logic [15:0] addr;
    logic [31:0] data;
    logic [95:0] shadow;
  } bus_t;

  localparam int IMEM_WORDS = 32;

  function automatic instruction_t op3(op_e op, int rd, int ra, int rb);
    return '{op: op, rd: 4'(rd), ra: 4'(ra), rb: 4'(rb), imm: 16'd0};
  endfunction

  function automatic instruction_t opi(op_e op, int rd, int ra, int imm);
    return '{op: op, rd: 4'(rd), ra: 4'(ra), rb: 4'd0, imm: 16'(imm)};
  endfunction

  // A xorshift generator in r3 that walks over the data memory and feeds the scrambler.
  function automatic instruction_t program_word(int addr);
    case (addr)
      0:  return opi(OP_LI, 1, 0, 1);
      1:  return opi(OP_LI, 2, 0, 'h9e37);
      2:  return opi(OP_HOST, 3, 0, 0);
      3:  return opi(OP_SHL, 4, 3, 13);
      4:  return op3(OP_XOR, 3, 3, 4);
      5:  return opi(OP_SHR, 4, 3, 17);
      6:  return op3(OP_XOR, 3, 3, 4);
      7:  return opi(OP_SHL, 4, 3, 5);
      8:  return op3(OP_XOR, 3, 3, 4);
      9:  return op3(OP_STORE, 0, 10, 3);
      10: return opi(OP_LOAD, 5, 3, 0);
      11: return op3(OP_ADD, 6, 6, 5);
      12: return op3(OP_MUL, 7, 3, 2);
      13: return op3(OP_MIX, 0, 7, 6);
      14: return op3(OP_SUB, 8, 7, 6);
      15: return op3(OP_STORE, 0, 8, 7);
      16: return op3(OP_ADD, 10, 10, 1);
      17: return opi(OP_HOST, 9, 6, 0);
      18: return op3(OP_XOR, 3, 3, 9);
      19: return '{op: OP_BNE, rd: 4'd0, ra: 4'd3, rb: 4'd0, imm: 16'd3};
      20: return opi(OP_JUMP, 0, 0, 0);
      default: return opi(OP_NOP, 0, 0, 0);
    endcase
  endfunction

endpackage
