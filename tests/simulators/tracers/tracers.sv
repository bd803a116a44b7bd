// SPDX-License-Identifier: MIT
// A counter above a counter: enough to see which scopes and which values a waveform has.
module tracers(input clk, output reg [15:0] count);
    wire [7:0] low;
    inner inner_counter(.clk(clk), .value(low));
    initial count = 0;
    always @(posedge clk) count <= count + {8'd0, low};
`ifdef DUMPVARS
    initial begin
        $dumpfile("own.vcd");
        $dumpvars(0, tracers);
    end
`endif
endmodule

module inner(input clk, output reg [7:0] value);
    initial value = 1;
    always @(posedge clk) value <= value + 3;
endmodule
