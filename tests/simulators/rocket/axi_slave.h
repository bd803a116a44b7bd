/* SPDX-License-Identifier: MIT */
/* An AXI4 slave for a 64-bit port of the Rocket core: one read and one write burst at a time, each
 * answered after a pseudo-random delay, so that the bus is never quite regular and yet the same in
 * every run. What lies behind the port is a struct device. */
#ifndef LIGHTSSS_TESTS_SIMULATORS_ROCKET_AXI_SLAVE_H
#define LIGHTSSS_TESTS_SIMULATORS_ROCKET_AXI_SLAVE_H

#include <verilated.h>

#include <cstdint>

/* Memory or peripherals. Addresses are multiples of 8; reading has no side effects. */
struct device {
    virtual ~device() = default;
    virtual uint64_t read(uint32_t address) const = 0;
    virtual void write(uint32_t address, uint64_t data, uint64_t mask) = 0;
};

/* The model's ports, by reference; AXI_PINS fills it. The order is that of the macro. */
struct axi_pins {
    CData &ar_ready, &ar_valid, &ar_id;
    IData &ar_addr;
    CData &ar_len, &ar_size;
    CData &r_ready, &r_valid, &r_id;
    QData &r_data;
    CData &r_resp, &r_last;
    CData &aw_ready, &aw_valid, &aw_id;
    IData &aw_addr;
    CData &aw_len, &aw_size;
    CData &w_ready, &w_valid;
    QData &w_data;
    CData &w_strb;
    CData &b_ready, &b_valid, &b_id, &b_resp;
};

#define AXI_PINS(top, port)                                                                                  \
    {                                                                                                        \
        (top).port##_ar_ready, (top).port##_ar_valid, (top).port##_ar_bits_id, (top).port##_ar_bits_addr,    \
            (top).port##_ar_bits_len, (top).port##_ar_bits_size, (top).port##_r_ready, (top).port##_r_valid, \
            (top).port##_r_bits_id, (top).port##_r_bits_data, (top).port##_r_bits_resp,                      \
            (top).port##_r_bits_last, (top).port##_aw_ready, (top).port##_aw_valid, (top).port##_aw_bits_id, \
            (top).port##_aw_bits_addr, (top).port##_aw_bits_len, (top).port##_aw_bits_size,                  \
            (top).port##_w_ready, (top).port##_w_valid, (top).port##_w_bits_data, (top).port##_w_bits_strb,  \
            (top).port##_b_ready, (top).port##_b_valid, (top).port##_b_bits_id, (top).port##_b_bits_resp     \
    }

class axi_slave
{
  public:
    axi_slave(const axi_pins &pins, device &behind, uint32_t seed);

    /* Before the rising edge, all signals settled: which handshakes will this edge complete? */
    void sample();
    /* After the rising edge: put the answers on the model's inputs. */
    void drive();

  private:
    struct burst {
        bool busy = false;
        CData id = 0;
        uint32_t address = 0;
        uint32_t step = 0;  /* bytes per beat */
        uint32_t beats = 0; /* still to come */
        uint32_t delay = 0; /* cycles until the slave answers */
    };

    uint32_t latency();
    void sample_read();
    void sample_write();

    axi_pins pins;
    device &behind;
    uint32_t random;
    burst reading, writing;
};

#endif
