// SPDX-License-Identifier: MIT
// Names of every kind: structs, generated scopes, a name with a dot; and signals so wide that the model is much larger
// than the part of it that somebody wants to see.
typedef struct packed {
  logic [7:0] low;
  logic [7:0] high;
} pair_t;

module near (
    input  logic        clk,
    input  logic [31:0] count,
    output logic [31:0] sum
);
  pair_t pair;
  always_ff @(posedge clk) begin
    pair <= '{low: count[7:0], high: ~count[7:0]};
    sum  <= sum + count + {16'd0, pair};
  end
endmodule

module leaf (
    input logic clk,
    input logic [31:0] in
);
  logic [31:0] twice;
  always_ff @(posedge clk) twice <= in << 1;
endmodule

module wide (
    input logic        clk,
    input logic [31:0] count
);
  logic [69999:0] first, second;
  always_ff @(posedge clk)
    if (count % 16 == 5) begin
      first  <= {first[69967:0], count};
      second <= {second[69967:0], ~count};
    end
endmodule

module scope (
    input  logic        clk,
    output logic [31:0] sum
);
  logic [31:0] count;
  always_ff @(posedge clk) count <= count + 1;

  near a_near (
      .clk,
      .count,
      .sum
  );

  for (genvar i = 0; i < 2; i++) begin : g_lane
    leaf u_leaf (
        .clk,
        .in(count + i)
    );
  end

  leaf \odd.name (
      .clk,
      .in(sum)
  );

  wide a_wide (
      .clk,
      .count
  );
  wide z_wide (
      .clk,
      .count
  );

  logic [31:0] z_table[20];
  always_ff @(posedge clk) z_table[count%20] <= count;
endmodule
