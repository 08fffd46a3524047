// SPDX-License-Identifier: Apache-2.0
// The system-call proof: several fuzzers at once, each a process with a seed; who ends is replaced
// by the next seed, who stands still is ended. In the end nothing may be missing (memory, handles
// of init) and the whole self-test must still pass. Boot arguments: fuzz.calls=N, fuzz.seed=N.
#include "fuzz.h"

#define PROGRESS_AT 0x58000000ull
#define CALLS       200000u
#define REACH_CALLS 1000000u
#define LIFE_BYTES  (12ull << 20) // what one and all it starts may take
#define LIFE        20000u
#define WARM_CALLS  (FUZZERS * LIFE / 2) // before memory is counted first
#define LOOK_NS     (20 * MILLISECOND)
#define SETTLE_NS   (100 * MILLISECOND)
#define STILL_MAX   3u  // looks without a call made
#define SLACK_PAGES 48u // slabs and the stock of single pages keep some
#define RIGHTS_LENT (RIGHT_ALL & ~(uint32_t)RIGHT_PHYSICAL)

extern void run(void);

struct place {
    struct child child;
    struct progress *progress;
    handle_t budget;
    uint64_t calls_seen;
    uint32_t still;
    bool alive;
};

static struct place places[FUZZERS];
static uint64_t seed_first, lives, calls_done, wrong_count;
static uint64_t succeeded[SYSCALL_COUNT_MAX];
static handle_t endpoint, echo, signal, memory, progress_memory, ends;
static struct child echo_child;

static void say(const char *text, uint64_t value)
{
    print(text);
    print_number(value);
}

// Nonsense of fuzzers and their faults stay off it.
static void console(bool on)
{
    SYS2(log_console, start_handle("machine"), on);
}

static void shared_create(void)
{
    endpoint = (handle_t)SYS0(endpoint_create).value;
    signal = (handle_t)SYS0(signal_create).value;
    memory = (handle_t)SYS2(memory_create, 4 * PAGE_SIZE, 0).value;
    echo = (handle_t)SYS0(endpoint_create).value;
    echo_child = child_create("echo");
    child_give(&echo_child, "self", duplicate(echo, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&echo_child, fuzzer_echo, PRIORITY_SERVER);
}

static void shared_close(void)
{
    child_kill(&echo_child);
    SYS1(handle_close, endpoint);
    SYS1(handle_close, echo);
    SYS1(handle_close, signal);
    SYS1(handle_close, memory);
}

// The next seed's fuzzer takes a place. Half of them have the machine's authority; what would show
// on the outside it leaves alone.
static void life_begin(uint32_t index)
{
    struct place *place = &places[index];
    const struct place *sibling = &places[(index + 1) % FUZZERS];
    *place->progress = (struct progress){.seed = seed_first + lives, .life = LIFE};
    *place = (struct place){
        .progress = place->progress,
        .budget = (handle_t)SYS(budget_create, HANDLE_NONE, LIFE_BYTES, 0, 0, 0).value,
    };
    place->child = child_create_on(place->budget, "fuzzer");
    struct child *child = &place->child;
    child_give(child, "echo", duplicate(echo, RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE, 0));
    child_give(child, "endpoint", duplicate(endpoint, RIGHTS_LENT, index));
    child_give(child, "signal", duplicate(signal, RIGHTS_LENT, 0));
    child_give(child, "memory", duplicate(memory, RIGHTS_LENT, 0));
    child_give(child, "reader", duplicate(start_handle("log"), RIGHT_READ | RIGHT_TRANSFER, 0));
    if (sibling->alive)
        child_give(child, "sibling", duplicate(sibling->child.process, RIGHTS_LENT, 0));
    if (index % 2 == 0)
        child_give(child, "authority", duplicate(start_handle("machine"), RIGHT_ALL, 0));
    SYS(memory_map, child->process, progress_memory, SHARED, index * PAGE_SIZE, PAGE_SIZE,
        PROTECT_READ | PROTECT_WRITE);
    SYS3(process_watch, child->process, ends, 1ull << index);
    child_start(child, fuzzer, PRIORITY_LOW);
    place->alive = true;
    lives++;
}

static void wrong_report(const struct progress *progress)
{
    static const char *const names[] = {"nothing",           "a result", "a register",
                                        "a value",           "the page", "bytes in the page",
                                        "new memory's bytes"};
    console(true);
    say("fuzz: FAIL seed ", progress->seed);
    print(": wrong is ");
    print(names[progress->wrong % (sizeof names / sizeof names[0])]);
    say(", call ", progress->number);
    say(", place ", progress->place);
    say(", expected ", progress->expected);
    say(", found ", progress->found);
    print("\n");
    console(false);
}

static void life_end(struct place *place)
{
    child_kill(&place->child);
    SYS1(handle_close, place->budget);
    place->alive = false;
    SYS3(signal_wait, ends, 1ull << (place - places), DEADLINE_NOW); // this end is no news
    const struct progress *progress = place->progress;
    calls_done += progress->calls;
    wrong_count += progress->wrong_count;
    for (uint32_t i = 0; i < SYSCALL_COUNT_MAX; i++)
        succeeded[i] += progress->succeeded[i];
    if (progress->wrong_count > 0)
        wrong_report(progress);
}

// It ended, or made no call for some time.
static bool life_is_over(struct place *place, bool ended, bool looked)
{
    uint64_t calls = place->progress->calls;
    if (looked)
        place->still = calls == place->calls_seen ? place->still + 1 : 0;
    place->calls_seen = calls;
    return ended || place->still >= STILL_MAX;
}

// Until so many calls were made in all.
static void lives_run(uint64_t calls)
{
    console(false);
    shared_create();
    for (uint32_t i = 0; i < FUZZERS; i++)
        life_begin(i);
    uint64_t look = now() + LOOK_NS;
    while (calls_done < calls && wrong_count == 0) {
        struct result wake = SYS3(signal_wait, ends, UINT64_MAX, look);
        bool looked = wake.value != OK;
        uint64_t ended = looked ? 0 : wake.a1;
        if (looked)
            look = now() + LOOK_NS;
        for (uint32_t i = 0; i < FUZZERS; i++) {
            if (!life_is_over(&places[i], ended >> i & 1, looked))
                continue;
            life_end(&places[i]);
            life_begin(i);
        }
    }
    for (uint32_t i = 0; i < FUZZERS; i++)
        life_end(&places[i]);
    shared_close();
    // Until what they started came to its end, too, and all are taken apart.
    SYS3(signal_wait, ends, 1ull << 63, now() + SETTLE_NS);
    console(true);
}

static struct process_info self_info(void)
{
    SYS1(process_info, start_handle("self"));
    return *(const struct process_info *)(const void *)message->bytes;
}

static uint64_t free_pages(void)
{
    SYS1(machine_info, start_handle("log"));
    const struct machine_info *info = (const struct machine_info *)(const void *)message->bytes;
    return info->memory_free_bytes >> PAGE_SHIFT;
}

// Calls that no fuzzer made with success show that the proof does not reach them; a short run may
// miss one by chance.
static uint32_t unreached_count(void)
{
    static const char *const names[SYSCALL_COUNT_MAX] = {
#define NAME_ENTRY(number, name) [number] = #name,
        SYSCALL_LIST(NAME_ENTRY)};
    uint32_t count = 0;
    for (uint32_t i = 0; i < SYSCALL_COUNT_MAX; i++) {
        bool made = i != SYSCALL_process_exit && i != SYSCALL_thread_exit &&
                    i != SYSCALL_log_console && i != SYSCALL_machine_power;
        if (names[i] == NULL || !made || succeeded[i] > 0)
            continue;
        print("fuzz: never succeeded: ");
        print(names[i]);
        print("\n");
        count++;
    }
    return count;
}

void run(void)
{
    seed_first = start_number("fuzz.seed=", 1);
    ends = (handle_t)SYS0(signal_create).value;
    progress_memory = (handle_t)SYS2(memory_create, FUZZERS * PAGE_SIZE, 0).value;
    SYS(memory_map, HANDLE_NONE, progress_memory, PROGRESS_AT, 0, FUZZERS * PAGE_SIZE,
        PROTECT_READ | PROTECT_WRITE);
    for (uint32_t i = 0; i < FUZZERS; i++)
        places[i].progress = (struct progress *)(PROGRESS_AT + i * PAGE_SIZE);
    lives_run(WARM_CALLS);
    uint32_t handles = self_info().handle_count;
    uint64_t pages = free_pages();
    lives_run(start_number("fuzz.calls=", CALLS));
    uint64_t pages_after = free_pages();
    say("fuzz: pages free before ", pages);
    say(", after ", pages_after);
    say("; handles of init before ", handles);
    say(", after ", self_info().handle_count);
    print("\n");
    uint64_t failures = wrong_count;
    if (calls_done >= REACH_CALLS)
        failures += unreached_count();
    failures += pages_after + SLACK_PAGES < pages;
    failures += self_info().handle_count != handles;
    say("proof: syscall_fuzz seeds ", lives);
    say(" count ", calls_done);
    say(" failures ", failures);
    print("\n");
    claims_run();
    machine_off();
}
