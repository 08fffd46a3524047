// SPDX-License-Identifier: Apache-2.0
// A fuzzer: makes every system call with random numbers, handles, addresses, lengths and infos, and
// after each looks for what the kernel must not do: answer what it cannot mean, change a register
// or a byte that is no result, or let one of its own out.
//
// Whatever a fuzzer sends, in registers or in its page, carries TAG in its upper half, and only
// fuzzers send: so a received word without TAG was never sent. New memory must be empty.
#include "fuzz.h"

#define ZEROED       0x70000000ull // where new memory is looked at
#define PAGE_WORDS   (PAGE_SIZE / 8)
#define MESSAGE_AT   (MESSAGE_BYTES_MAX / 8) // words of bytes before the handles in the page
#define PAGE_PERIOD  8u                      // calls between two looks at the whole page
#define INFO_BYTES   sizeof(struct process_info)
#define SPANS_MAX    (1ull << 48) // no size, count or time of these machines reaches it
#define KERNEL_FIRST 0xffffffc000000000ull

enum { A0 = 10, A1 = 11, A2 = 12, A7 = 17, T4 = 29 };

extern void registers_ecall(uint64_t x[32]);

enum shape { STATUS, HANDLE, EVENT, KIND, COUNT, TIME };

struct rule {
    uint8_t known;
    uint8_t shape;   // of a0
    uint8_t results; // beside a0, when it is no error: of a1, a2
    uint8_t words;   // these, too
};

static const struct rule rules[SYSCALL_COUNT_MAX] = {
    [SYSCALL_call] = {1, STATUS, 1, 1},
    [SYSCALL_reply_receive] = {1, EVENT, 2, 1},
    [SYSCALL_reply_take] = {1, HANDLE, 0, 0},
    [SYSCALL_reply] = {1, STATUS, 0, 0},
    [SYSCALL_endpoint_create] = {1, HANDLE, 0, 0},
    [SYSCALL_handle_duplicate] = {1, HANDLE, 0, 0},
    [SYSCALL_handle_close] = {1, STATUS, 0, 0},
    [SYSCALL_handle_give] = {1, COUNT, 0, 0},
    [SYSCALL_handle_info] = {1, KIND, 2, 0},
    [SYSCALL_handle_revoke] = {1, STATUS, 0, 0},
    [SYSCALL_budget_create] = {1, HANDLE, 0, 0},
    [SYSCALL_budget_info] = {1, STATUS, 0, 0},
    [SYSCALL_signal_create] = {1, HANDLE, 0, 0},
    [SYSCALL_signal_raise] = {1, STATUS, 0, 0},
    [SYSCALL_signal_wait] = {1, STATUS, 1, 0},
    [SYSCALL_signal_bind] = {1, STATUS, 0, 0},
    [SYSCALL_memory_create] = {1, HANDLE, 0, 0},
    [SYSCALL_memory_map] = {1, STATUS, 0, 0},
    [SYSCALL_memory_unmap] = {1, STATUS, 0, 0},
    [SYSCALL_memory_info] = {1, STATUS, 2, 0},
    [SYSCALL_memory_device] = {1, HANDLE, 0, 0},
    [SYSCALL_process_create] = {1, HANDLE, 0, 0},
    [SYSCALL_process_start] = {1, STATUS, 0, 0},
    [SYSCALL_process_kill] = {1, STATUS, 0, 0},
    [SYSCALL_process_info] = {1, STATUS, 0, 0},
    [SYSCALL_process_watch] = {1, STATUS, 0, 0},
    [SYSCALL_thread_create] = {1, HANDLE, 0, 0},
    [SYSCALL_thread_yield] = {1, STATUS, 0, 0},
    [SYSCALL_clock] = {1, TIME, 0, 0},
    [SYSCALL_timer_create] = {1, HANDLE, 0, 0},
    [SYSCALL_timer_set] = {1, STATUS, 0, 0},
    [SYSCALL_interrupt_create] = {1, HANDLE, 0, 0},
    [SYSCALL_interrupt_done] = {1, STATUS, 0, 0},
    [SYSCALL_log_write] = {1, STATUS, 0, 0},
    [SYSCALL_log_read] = {1, COUNT, 1, 0},
    [SYSCALL_machine_info] = {1, STATUS, 0, 0},
    [SYSCALL_trace_set] = {1, STATUS, 0, 0},
};

static const uint8_t word_registers[MESSAGE_WORDS] = {13, 14, 15, 16, 5, 6, 7, 28};

static struct progress *progress;
static uint64_t before[32], after[32];
static uint64_t page_shadow[PAGE_WORDS];
static uint64_t page_seed;

static void wrong(enum wrong what, uint64_t place, uint64_t expected, uint64_t found)
{
    if (progress->wrong_count++ > 0)
        return;
    progress->wrong = what;
    progress->number = before[A7];
    progress->place = place;
    progress->expected = expected;
    progress->found = found;
}

static bool carries_words(uint64_t number)
{
    return number == SYSCALL_call || number == SYSCALL_reply_receive || number == SYSCALL_reply;
}

static void page_fill(void)
{
    uint64_t *page = (uint64_t *)(void *)message;
    page_seed++;
    for (uint32_t i = 0; i < PAGE_WORDS; i++)
        page[i] = page_shadow[i] = TAG_WORD | (page_seed & 0xfffff) << 12 | i;
}

static void registers_fill(void)
{
    bool serving = before[A7] == SYSCALL_reply_receive && after[A0] == RECEIVED_CALL;
    uint64_t number = nonsense_number(serving);
    for (uint32_t i = 1; i < 32; i++)
        before[i] = TAG_WORD | (uint32_t)(progress->calls << 5 | i);
    for (uint32_t i = 0; i < 3; i++)
        before[A0 + i] = nonsense_argument();
    if (!carries_words(number)) {
        for (uint32_t i = 3; i < 6; i++)
            before[A0 + i] = nonsense_argument();
    }
    before[A7] = number;
    if (number < SYSCALL_COUNT_MAX)
        nonsense_shape(number, &before[A0]);
    if (nonsense_is_many() && number < SYSCALL_COUNT_MAX && rules[number].shape == HANDLE) {
        before[A7] = SYSCALL_handle_close;
        before[A0] = nonsense_handle();
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t handles = nonsense_handle() | (uint64_t)nonsense_handle() << 32;
        ((uint64_t *)(void *)message)[MESSAGE_AT + i] = page_shadow[MESSAGE_AT + i] = handles;
    }
}

static bool result_fits(enum shape shape, int64_t value)
{
    if (value < 0)
        return value >= ERR_FAULT;
    switch (shape) {
    case STATUS:
        return value == OK;
    case EVENT:
        return value <= RECEIVED_CLOSED;
    case KIND:
        return value > OBJECT_NONE && value <= OBJECT_BUDGET;
    case HANDLE:
        return value >> 16 > 0 && value >> 32 == 0 && (value & 0xffff) < HANDLES_MAX;
    case COUNT:
        return value >> 32 == 0;
    default:
        return (uint64_t)value < SPANS_MAX;
    }
}

// One that no fuzzer ever sends.
static bool kernel_address(uint64_t word)
{
    return word >= KERNEL_FIRST && word < UINT64_MAX - PAGE_SIZE && word != 0xffffffff80000000ull &&
           word != 0xffffffc080000000ull;
}

static bool badge_fits(uint64_t badge)
{
    return badge < FUZZERS || TAG_OF(badge) == TAG;
}

// a1 and a2 where they are results: sizes, rights, badges and bits that can be.
static void results_check(uint64_t number)
{
    uint64_t a1 = after[A1], a2 = after[A2];
    bool fits = true;
    switch (number) {
    case SYSCALL_handle_info:
        fits = (a1 & ~(uint64_t)(RIGHT_ALL | RIGHT_REVOCABLE)) == 0 &&
               (after[A0] == OBJECT_SIGNAL || badge_fits(a2)); // a signal's mask may be any
        break;
    case SYSCALL_reply_receive:
        fits = badge_fits(a2);
        break;
    case SYSCALL_signal_wait:
        fits = a1 != 0 && (a1 & ~before[A1]) == 0;
        break;
    case SYSCALL_memory_info:
        fits = a1 % PAGE_SIZE == 0 && a1 < SPANS_MAX && a2 % PAGE_SIZE == 0 && a2 < SPANS_MAX &&
               (a2 == 0 || (handle_t)before[A1] != HANDLE_NONE);
        break;
    case SYSCALL_log_read:
        fits = after[A0] <= MESSAGE_BYTES_MAX && (a1 < SPANS_MAX || a1 == before[A1]);
        break;
    default:
        break;
    }
    if (!fits)
        wrong(WRONG_VALUE, A1, a1, a2);
}

static bool is_word(uint32_t x)
{
    for (uint32_t w = 0; w < MESSAGE_WORDS; w++) {
        if (x == word_registers[w])
            return true;
    }
    return false;
}

// After a wait that fast.S began and that ended without a message, a1, a2 and the words are older
// values of this thread's, which are no addresses of the kernel's.
static bool register_fits(const struct rule *rule, uint32_t x, bool answered, bool message_came)
{
    if (after[x] == before[x] || x == 2 || x == A0)
        return true;
    if (x == A1 || x == A2)
        return (answered && x <= (uint32_t)A0 + rule->results) ||
               (rule->words && !kernel_address(after[x]));
    if (!rule->words || !is_word(x))
        return false;
    bool sent = message_came && message_word(after[A1]) != PAGER_FAULT; // by a fuzzer
    return sent ? TAG_OF(after[x]) == TAG : !kernel_address(after[x]);
}

static void registers_check(const struct rule *rule, bool answered, bool message_came)
{
    for (uint32_t i = 1; i < T4; i++) {
        if (!register_fits(rule, i, answered, message_came))
            wrong(WRONG_REGISTER, i, before[i], after[i]);
    }
    for (uint32_t i = T4; i < 32; i++) {
        if (after[i] != 0)
            wrong(WRONG_REGISTER, i, 0, after[i]);
    }
}

// Words that the kernel itself wrote into the page: no address of its own, but where nonsense of a
// fuzzer shows, in the registers of one that faulted.
static void kernel_words_check(const uint64_t *page, uint32_t bytes)
{
    for (uint32_t i = 3; i < bytes / 8; i++) {
        if (i != 3 && kernel_address(page[i]))
            wrong(WRONG_BYTES, i, 0, page[i]);
    }
}

// The page beyond its first `bytes` is what it was, but for `handles` received ones.
static void page_check(uint32_t bytes, uint32_t handles)
{
    const uint64_t *page = (const uint64_t *)(const void *)message;
    for (uint32_t i = (bytes + 7) / 8; i < PAGE_WORDS; i++) {
        if (i >= MESSAGE_AT && i < MESSAGE_AT + (handles + 1) / 2)
            continue;
        if (page[i] != page_shadow[i])
            wrong(WRONG_PAGE, i, page_shadow[i], page[i]);
    }
}

// Looks through a message that came in the page, and keeps its handles.
static void message_check(uint64_t info)
{
    const uint64_t *page = (const uint64_t *)(const void *)message;
    uint32_t size = message_size(info), handles = message_handle_count(info);
    if (size > MESSAGE_BYTES_MAX || handles > MESSAGE_HANDLES_MAX) {
        wrong(WRONG_VALUE, A1, 0, info);
        return;
    }
    for (uint32_t i = 0; i < size / 8; i++) {
        if (TAG_OF(page[i]) != TAG)
            wrong(WRONG_BYTES, i, TAG_WORD, page[i]);
    }
    // What a last word has more is cleared.
    if (size % 8 != 0 && page[size / 8] >> size % 8 * 8 != 0)
        wrong(WRONG_BYTES, size / 8, TAG_WORD, page[size / 8]);
    page_check(size, handles);
    for (uint32_t i = 0; i < handles; i++)
        nonsense_hold(message->handles[i]);
    page_fill();
}

// The page after a call.
static void page_look(uint64_t number, bool answered, bool in_page)
{
    uint32_t written = 0;
    if (in_page) {
        message_check(after[A1]);
        return;
    }
    if (answered && number == SYSCALL_process_info)
        written = INFO_BYTES;
    else if (answered && number == SYSCALL_machine_info)
        written = sizeof(struct machine_info);
    else if (answered && number == SYSCALL_budget_info)
        written = sizeof(struct budget_info);
    kernel_words_check((const uint64_t *)(const void *)message, written);
    if (answered && number == SYSCALL_log_read)
        written = (uint32_t)after[A0];
    if (written > 0 || progress->calls % PAGE_PERIOD == 0)
        page_check(written, 0);
    if (written > 0)
        page_fill();
}

// Registers and page after a call; what it gave is kept.
static void call_check(void)
{
    static const struct rule unknown = {0, STATUS, 0, 0};
    uint64_t number = before[A7];
    const struct rule *rule = number < SYSCALL_COUNT_MAX ? &rules[number] : &unknown;
    int64_t value = (int64_t)after[A0];
    if (!result_fits((enum shape)rule->shape, value) || (!rule->known && value != ERR_UNSUPPORTED))
        wrong(WRONG_RESULT, A0, before[A0], after[A0]);
    bool answered = value >= 0;
    bool message_came = answered && rule->words && value == OK;
    bool in_page = message_came && after[A1] >> 32 > MESSAGE_REGISTER_BYTES;
    registers_check(rule, answered, message_came && !in_page);
    if (answered)
        results_check(number);
    if (answered && rule->shape == HANDLE) {
        nonsense_made(number, (handle_t)value);
    }
    if (answered && (number == SYSCALL_handle_close || number == SYSCALL_handle_give))
        nonsense_let_go((handle_t)before[number == SYSCALL_handle_close ? A0 : A1]);
    if (answered)
        nonsense_used(number);
    if (answered && number < SYSCALL_COUNT_MAX)
        progress->succeeded[number]++;
    page_look(number, answered, in_page);
}

// New memory is empty, whoever had its pages before; it is left full, for the next.
static void memory_check(void)
{
    uint64_t size = (1 + progress->calls / 64 % 3) * PAGE_SIZE;
    int64_t memory = SYS2(memory_create, size, progress->calls / 256 % 2).value;
    if (memory < 0)
        return;
    if (SYS(memory_map, HANDLE_NONE, (uint64_t)memory, ZEROED, 0, size,
            PROTECT_READ | PROTECT_WRITE)
            .value == OK) {
        uint64_t *words = (uint64_t *)ZEROED;
        for (uint32_t i = 0; i < size / 8; i++) {
            if (words[i] != 0)
                wrong(WRONG_MEMORY, i, 0, words[i]);
            words[i] = TAG_WORD | i;
        }
        SYS3(memory_unmap, HANDLE_NONE, ZEROED, size);
    }
    SYS1(handle_close, (uint64_t)memory);
}

void fuzzer(void)
{
    progress = (struct progress *)SHARED;
    nonsense_begin(progress->seed);
    page_fill();
    while (progress->calls < progress->life && progress->wrong_count == 0) {
        registers_fill();
        for (uint32_t i = 0; i < 32; i++)
            after[i] = before[i];
        registers_ecall(after);
        progress->calls++;
        call_check();
        if (progress->calls % 64 == 0)
            memory_check();
    }
}

void fuzzer_echo(void)
{
    handle_t self = start_handle("self");
    struct words words;
    uint64_t info = REPLY_NONE, state = 1;
    for (uint64_t round = 0;; round++) {
        for (uint32_t w = 0; w < MESSAGE_WORDS; w++)
            words.word[w] = TAG_WORD | w;
        struct result event = receive(self, info, DEADLINE_NEVER, &words);
        info = REPLY_NONE;
        if (event.value != RECEIVED_CALL)
            continue;
        for (uint32_t i = 0; i < message_handle_count(event.a1); i++)
            SYS1(handle_close, message->handles[i]);
        uint32_t size = (uint32_t)(random_from(&state) % (round % 4 ? 64 : MESSAGE_BYTES_MAX));
        for (uint32_t w = 0; w < (size + 7) / 8; w++)
            ((uint64_t *)(void *)message)[w] = TAG_WORD | w;
        info = message_info((uint32_t)round, size, 0);
    }
}
