// SPDX-License-Identifier: MIT
// The AXI4 slave: two small state machines, one for reads and one for writes. All bursts are
// incrementing ones, the only kind that Rocket sends.
#include "axi_slave.h"

namespace
{

constexpr uint32_t LANE_MASK = 7; // address bits that choose a byte of the 64-bit bus

uint64_t mask_of(CData strobes)
{
    uint64_t mask = 0;
    for (unsigned lane = 0; lane < 8; lane++) {
        if (strobes >> lane & 1)
            mask |= UINT64_C(0xff) << (8 * lane);
    }
    return mask;
}

} // namespace

axi_slave::axi_slave(const axi_pins &pins_, device &behind_, uint32_t seed)
    : pins(pins_), behind(behind_), random(seed)
{
}

uint32_t axi_slave::latency()
{
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    return 4 + random % 16;
}

void axi_slave::sample_read()
{
    if (pins.ar_valid && pins.ar_ready) {
        reading = {true, pins.ar_id, pins.ar_addr, 1u << pins.ar_size, pins.ar_len + 1u, latency()};
    } else if (pins.r_valid && pins.r_ready) {
        reading.address += reading.step;
        reading.busy = --reading.beats > 0;
    } else if (reading.delay > 0) {
        reading.delay--;
    }
}

void axi_slave::sample_write()
{
    if (pins.aw_valid && pins.aw_ready) {
        writing = {true, pins.aw_id, pins.aw_addr, 1u << pins.aw_size, pins.aw_len + 1u, latency()};
    } else if (pins.w_valid && pins.w_ready) {
        behind.write(writing.address & ~LANE_MASK, pins.w_data, mask_of(pins.w_strb));
        writing.address += writing.step;
        writing.beats--;
    } else if (pins.b_valid && pins.b_ready) {
        writing.busy = false;
    } else if (writing.delay > 0) {
        writing.delay--;
    }
}

void axi_slave::sample()
{
    sample_read();
    sample_write();
}

void axi_slave::drive()
{
    pins.ar_ready = !reading.busy;
    pins.r_valid = reading.busy && reading.delay == 0;
    pins.r_id = reading.id;
    pins.r_data = pins.r_valid ? behind.read(reading.address & ~LANE_MASK) : 0;
    pins.r_last = reading.beats == 1;
    pins.r_resp = 0;

    pins.aw_ready = !writing.busy;
    pins.w_ready = writing.busy && writing.beats > 0 && writing.delay == 0;
    pins.b_valid = writing.busy && writing.beats == 0;
    pins.b_id = writing.id;
    pins.b_resp = 0;
}
