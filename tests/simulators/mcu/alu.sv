// SPDX-License-Identifier: MIT
// Arithmetic of the mcu, combinational.
module alu
  import mcu_pkg::*;
(
    input  op_e         op,
    input  logic [31:0] a,
    input  logic [31:0] b,
    input  logic [15:0] imm,
    input  logic [31:0] host,
    output logic [31:0] y,
    output logic [63:0] product
);

  assign product = {32'd0, a} * {32'd0, b};

  always_comb begin
    case (op)
      OP_LI:   y = {16'd0, imm};
      OP_ADD:  y = a + b;
      OP_SUB:  y = a - b;
      OP_XOR:  y = a ^ b;
      OP_SHL:  y = a << imm[4:0];
      OP_SHR:  y = a >> imm[4:0];
      OP_MUL:  y = product[47:16];
      OP_HOST: y = a ^ host;
      default: y = a;
    endcase
  end

endmodule
