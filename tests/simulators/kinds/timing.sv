// SPDX-License-Identifier: MIT
// A testbench in SystemVerilog alone, with delays: +kind=stop|fatal|error|assert +at=CYCLE +dump=FILE. Without +kind it
// ends with $finish.
`timescale 1ns / 1ps
module timing;
  logic clk = 0;
  logic [31:0] count = 0, sum;
  string kind, file;
  int at;

  always #5 clk = ~clk;
  leaf u(.clk, .a(count[7:0]), .sum);

  initial begin
    if ($value$plusargs("dump=%s", file)) begin
      $dumpfile(file);
      $dumpvars;
    end
    if (!$value$plusargs("kind=%s", kind)) kind = "none";
    if (!$value$plusargs("at=%d", at)) at = 3000;
  end

  always @(posedge clk) begin
    count <= count + 1;
    if (count % 500 == 499) $display("sum %0d", sum);
    if (count == at) begin
      case (kind)
        "stop": $stop;
        "fatal": $fatal(1, "told to");
        "error": $error("told to");
        "assert": assert (0);
        default: $finish;
      endcase
    end
  end
endmodule
