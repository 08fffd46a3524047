// SPDX-License-Identifier: Apache-2.0
// Machine facts. Real trees differ in which node carries what, so each fact is looked for where any
// of the known boards puts it: boards.md's list is in docs/kernel.md.
#include "boot/machine.h"

#include "sched/clock.h"

#include "base/math.h"

#define EXTERNAL_INTERRUPT 9u // of a hart's own controller: supervisor external

struct machine machine;

struct reading {
    const struct tree *tree;
    struct machine *machine;
    uint32_t address_cells[TREE_DEPTH_MAX + 1]; // for children of the node at that depth
    uint32_t size_cells[TREE_DEPTH_MAX + 1];
    uint32_t cpu_depth;      // of the processor node we are below; 0: none
    uint32_t reserved_depth; // of /reserved-memory while below it; 0: not
    struct tree_node plic;
    bool plic_found;
};

bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t end)
{
    if (start >= end)
        return true;
    if (ranges->count == MACHINE_RANGES_MAX)
        return false;
    ranges->items[ranges->count++] = (struct range){start, end};
    return true;
}

bool ranges_subtract(struct ranges *ranges, uint64_t start, uint64_t end)
{
    bool complete = true;
    uint32_t count = ranges->count;
    for (uint32_t i = 0; i < count && start < end; i++) {
        struct range *item = &ranges->items[i];
        uint64_t item_end = item->end;
        if (end <= item->start || start >= item->end)
            continue;
        item->end = max_u64(item->start, start);
        if (end < item_end && item->end == item->start)
            *item = (struct range){end, item_end};
        else if (end < item_end)
            complete = ranges_add(ranges, end, item_end) && complete;
    }
    return complete;
}

bool ranges_overlap(const struct ranges *ranges, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        if (start < ranges->items[i].end && end > ranges->items[i].start)
            return true;
    }
    return false;
}

bool machine_has_argument(const struct machine *m, const char *word)
{
    const char *at = m->arguments;
    while (*at != 0) {
        const char *want = word;
        while (*want != 0 && *at == *want) {
            at++;
            want++;
        }
        if (*want == 0 && (*at == 0 || *at == ' '))
            return true;
        while (*at != 0 && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return false;
}

static void text_copy(char *target, uint32_t size, struct tree_property property)
{
    uint32_t i = 0;
    for (; i + 1 < size && i < property.size && property.bytes[i] != 0; i++)
        target[i] = (char)property.bytes[i];
    target[i] = 0;
}

// Adds every (address, size) pair of a reg property.
static void registers_add(struct reading *reading, const struct tree_node *node,
                          struct ranges *ranges)
{
    uint32_t address_cells = reading->address_cells[node->depth - 1];
    uint32_t size_cells = reading->size_cells[node->depth - 1];
    uint32_t step = address_cells + size_cells;
    struct tree_property reg = tree_find(reading->tree, node, "reg");
    for (uint32_t i = 0; step > 0 && i + step <= reg.size / 4; i += step) {
        uint64_t start = tree_cells(reg, i, address_cells);
        uint64_t size = tree_cells(reg, i + address_cells, size_cells);
        if (size <= UINT64_MAX - start)
            ranges_add(ranges, start, start + size);
    }
}

static void chosen_read(struct reading *reading, const struct tree_node *node)
{
    struct machine *m = reading->machine;
    text_copy(m->arguments, MACHINE_ARGUMENTS_MAX, tree_find(reading->tree, node, "bootargs"));
    struct tree_property seed = tree_find(reading->tree, node, "rng-seed");
    m->has_seed = seed.bytes != NULL && seed.size >= LAYOUT_SEED_BYTES;
    for (uint32_t i = 0; m->has_seed && i < LAYOUT_SEED_BYTES; i++) {
        uint8_t *byte = (uint8_t *)(uintptr_t)&seed.bytes[i];
        m->seed[i] = *byte;
        *byte = 0; // nobody else shall know it
    }
    struct tree_property start = tree_find(reading->tree, node, "linux,initrd-start");
    struct tree_property end = tree_find(reading->tree, node, "linux,initrd-end");
    if (start.bytes != NULL && end.bytes != NULL) {
        m->initrd.start = tree_cells(start, 0, start.size / 4);
        m->initrd.end = tree_cells(end, 0, end.size / 4);
    }
}

static void cpu_read(struct reading *reading, const struct tree_node *node)
{
    struct machine *m = reading->machine;
    if (m->cpu_count == MACHINE_CPUS_MAX)
        return;
    struct machine_cpu *cpu = &m->cpus[m->cpu_count++];
    struct tree_property mmu = tree_find(reading->tree, node, "mmu-type");
    struct tree_property frequency = tree_find(reading->tree, node, "timebase-frequency");
    uint32_t cells = reading->address_cells[node->depth - 1];
    *cpu = (struct machine_cpu){
        .id = tree_cells(tree_find(reading->tree, node, "reg"), 0, cells),
        .context = -1,
        .usable = tree_enabled(reading->tree, node) && mmu.bytes != NULL &&
                  !tree_has_string(mmu, "riscv,none"),
    };
    if (frequency.bytes != NULL && m->timebase_hz == 0)
        m->timebase_hz = tree_cells(frequency, 0, frequency.size / 4);
    reading->cpu_depth = node->depth;
}

static bool is_plic(struct tree_property compatible)
{
    return tree_has_string(compatible, "sifive,plic-1.0.0") ||
           tree_has_string(compatible, "riscv,plic0") ||
           tree_has_string(compatible, "thead,c900-plic");
}

static void node_read(struct reading *reading, const struct tree_node *node)
{
    const struct tree *tree = reading->tree;
    struct machine *m = reading->machine;
    struct tree_property type = tree_find(tree, node, "device_type");
    struct tree_property compatible = tree_find(tree, node, "compatible");
    if (node->depth == 2 && tree_has_string(type, "memory") && tree_enabled(tree, node)) {
        registers_add(reading, node, &m->memory);
    } else if (node->depth == 2 && tree_name_is(node, "chosen")) {
        chosen_read(reading, node);
    } else if (node->depth == 2 && tree_name_is(node, "cpus")) {
        struct tree_property frequency = tree_find(tree, node, "timebase-frequency");
        if (frequency.bytes != NULL)
            m->timebase_hz = tree_cells(frequency, 0, frequency.size / 4);
    } else if (node->depth == 2 && tree_name_is(node, "reserved-memory")) {
        reading->reserved_depth = node->depth;
    } else if (reading->reserved_depth != 0) {
        if (tree_enabled(tree, node))
            registers_add(reading, node, &m->reserved);
    } else if (node->depth == 3 && tree_has_string(type, "cpu")) {
        cpu_read(reading, node);
    } else if (reading->cpu_depth != 0 && tree_has_string(compatible, "riscv,cpu-intc")) {
        struct tree_property phandle = tree_find(tree, node, "phandle");
        m->cpus[m->cpu_count - 1].controller = tree_cell(phandle, 0);
    } else if (is_plic(compatible) && tree_enabled(tree, node) && !reading->plic_found) {
        struct ranges registers = {.count = 0};
        registers_add(reading, node, &registers);
        m->interrupt_controller = registers.items[0];
        m->interrupt_count = tree_cell(tree_find(tree, node, "riscv,ndev"), 0) + 1;
        reading->plic = *node;
        reading->plic_found = registers.count > 0;
    }
}

// Contexts are numbered by their place in interrupts-extended: (phandle, cause) pairs.
static void contexts_read(struct reading *reading)
{
    struct machine *m = reading->machine;
    struct tree_property list = tree_find(reading->tree, &reading->plic, "interrupts-extended");
    for (uint32_t i = 0; i + 2 <= list.size / 4; i += 2) {
        if (tree_cell(list, i + 1) != EXTERNAL_INTERRUPT)
            continue;
        for (uint32_t c = 0; c < m->cpu_count; c++) {
            if (m->cpus[c].controller == tree_cell(list, i) && m->cpus[c].controller != 0)
                m->cpus[c].context = (int32_t)(i / 2);
        }
    }
}

static void cells_note(struct reading *reading, const struct tree_node *node)
{
    struct tree_property address = tree_find(reading->tree, node, "#address-cells");
    struct tree_property size = tree_find(reading->tree, node, "#size-cells");
    reading->address_cells[node->depth] = address.bytes != NULL ? tree_cell(address, 0) : 2;
    reading->size_cells[node->depth] = size.bytes != NULL ? tree_cell(size, 0) : 1;
    if (reading->address_cells[node->depth] > 2 || reading->size_cells[node->depth] > 2) {
        // PCI's three cells: nothing the kernel reads lives there.
        reading->address_cells[node->depth] = reading->size_cells[node->depth] = 0;
    }
}

status_t machine_read(const struct tree *tree, struct machine *out_machine)
{
    struct reading reading = {.tree = tree, .machine = out_machine};
    struct tree_node node;
    *out_machine = (struct machine){.timebase_hz = 0};
    for (bool more = tree_first(tree, &node); more; more = tree_next(tree, &node)) {
        if (node.depth <= reading.reserved_depth)
            reading.reserved_depth = 0;
        if (node.depth <= reading.cpu_depth)
            reading.cpu_depth = 0;
        cells_note(&reading, &node);
        if (node.depth == 1)
            text_copy(out_machine->model, MACHINE_MODEL_MAX, tree_find(tree, &node, "model"));
        else
            node_read(&reading, &node);
    }
    if (reading.plic_found)
        contexts_read(&reading);
    uint64_t start, size;
    for (uint32_t i = 0; i < MACHINE_RANGES_MAX && tree_reservation(tree, i, &start, &size); i++) {
        if (size <= UINT64_MAX - start)
            ranges_add(&out_machine->kept, start, start + size);
    }
    ranges_add(&out_machine->kept, out_machine->initrd.start, out_machine->initrd.end);
    out_machine->panic_power_off = machine_has_argument(out_machine, "nexus.panic=poweroff");
    bool usable = false;
    for (uint32_t i = 0; i < out_machine->cpu_count; i++)
        usable = usable || out_machine->cpus[i].usable;
    uint64_t hz = out_machine->timebase_hz;
    bool timed = hz >= CLOCK_HZ_MIN && hz <= CLOCK_HZ_MAX;
    return usable && timed && out_machine->memory.count > 0 ? OK : ERR_NOT_FOUND;
}
