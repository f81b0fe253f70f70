/* control.c -- the fake machine: configuration, failures on schedule, traps. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/fake/fake.h"
#include "os/fake/state.h"

#define CONTROL_MESSAGE_BYTES 256

struct control_schedule {
    uint64_t countdown; /* calls until the failure, 0: none */
    int error;
    bool for_ever;
};

struct control_hook {
    void (*function)(void *);
    void *argument;
};

static struct {
    struct control_schedule schedule[AC_FAKE_CALL_COUNT + 1];
    uint64_t calls[AC_FAKE_CALL_COUNT + 1];
    uint64_t failed[AC_FAKE_CALL_COUNT + 1];
    struct control_hook on_abort, on_exit, on_trap;
    int exit_status;
    char message[CONTROL_MESSAGE_BYTES];
} control;

static atomic_flag control_lock = ATOMIC_FLAG_INIT;

/* Usable before the first reset: a malloc may be called before main. */
struct ac_fake_config ac_fake = {
    .page_bytes = 4096,
    .huge_bytes = 512 * 4096,
    .ram_bytes = (size_t)1 << 30,
    .as_limit_bytes = SIZE_MAX,
    .commit_limit_bytes = SIZE_MAX,
    .cpu_count = 4,
    .mapping_limit = UINT32_MAX,
};

void ac_fake_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&control_lock, memory_order_acquire))
        sched_yield();
}

void ac_fake_unlock(void)
{
    atomic_flag_clear_explicit(&control_lock, memory_order_release);
}

static void control_configure(const struct ac_fake_config *config)
{
    static const struct ac_fake_config defaults;

    ac_fake = config != NULL ? *config : defaults;
    if (ac_fake.page_bytes == 0)
        ac_fake.page_bytes = 4096;
    if (ac_fake.huge_bytes == 0)
        ac_fake.huge_bytes = 512 * ac_fake.page_bytes;
    else if (ac_fake.huge_bytes == SIZE_MAX)
        ac_fake.huge_bytes = 0;
    if (ac_fake.ram_bytes == 0)
        ac_fake.ram_bytes = (size_t)1 << 30;
    if (ac_fake.as_limit_bytes == 0)
        ac_fake.as_limit_bytes = SIZE_MAX;
    if (ac_fake.commit_limit_bytes == 0)
        ac_fake.commit_limit_bytes = SIZE_MAX;
    if (ac_fake.cpu_count == 0)
        ac_fake.cpu_count = 4;
    if (ac_fake.mapping_limit == 0)
        ac_fake.mapping_limit = UINT32_MAX;
}

void ac_fake_reset(const struct ac_fake_config *config)
{
    ac_fake_lock();
    ac_fake_ranges_reset();
    ac_fake_clock_reset();
    ac_fake_files_reset();
    memset(&control, 0, sizeof control);
    control_configure(config);
    ac_fake_unlock();
}

/* --- Schedule and counts --------------------------------------------------- */

void ac_fake_fail(enum ac_fake_call call, uint64_t nth, bool for_ever, int error)
{
    ac_fake_lock();
    control.schedule[call] = (struct control_schedule){nth, error, for_ever};
    ac_fake_unlock();
}

/* Count one call on a schedule: the error that is due, or 0. */
static int control_due(struct control_schedule *schedule)
{
    if (schedule->countdown == 0)
        return 0;
    if (schedule->countdown > 1) {
        schedule->countdown--;
        return 0;
    }
    if (!schedule->for_ever)
        schedule->countdown = 0;
    return schedule->error;
}

int ac_fake_enter(enum ac_fake_call call)
{
    /* Both count, also when the first is due. */
    int error = control_due(&control.schedule[call]);
    int any = control_due(&control.schedule[AC_FAKE_ANY]);

    if (error == 0)
        error = any;
    control.calls[call]++;
    control.calls[AC_FAKE_ANY]++;
    if (error != 0) {
        control.failed[call]++;
        control.failed[AC_FAKE_ANY]++;
    }
    return error;
}

uint64_t ac_fake_count(enum ac_fake_call call)
{
    ac_fake_lock();
    uint64_t count = control.calls[call];
    ac_fake_unlock();
    return count;
}

uint64_t ac_fake_failed(enum ac_fake_call call)
{
    ac_fake_lock();
    uint64_t count = control.failed[call];
    ac_fake_unlock();
    return count;
}

const char *ac_fake_call_name(enum ac_fake_call call)
{
    static const char *const names[] = {
#define CONTROL_NAME(NAME, text) text,
        AC_FAKE_CALLS(CONTROL_NAME)
#undef CONTROL_NAME
            "any",
    };

    return names[call];
}

struct ac_fake_held ac_fake_held(void)
{
    struct ac_fake_held held = {0};

    ac_fake_lock();
    ac_fake_ranges_count(&held);
    held.open_files = ac_fake_files_open();
    ac_fake_unlock();
    return held;
}

/* --- The end --------------------------------------------------------------- */

void ac_fake_on_abort(void (*hook)(void *), void *argument)
{
    control.on_abort = (struct control_hook){hook, argument};
}

void ac_fake_on_exit(void (*hook)(void *), void *argument)
{
    control.on_exit = (struct control_hook){hook, argument};
}

int ac_fake_exit_status(void)
{
    return control.exit_status;
}

void ac_fake_on_trap(void (*hook)(void *), void *argument)
{
    control.on_trap = (struct control_hook){hook, argument};
}

const char *ac_fake_trap_message(void)
{
    return control.message;
}

_Noreturn void ac_os_abort(void)
{
    if (control.on_abort.function != NULL)
        control.on_abort.function(control.on_abort.argument);
    abort();
}

_Noreturn void ac_os_exit(int status)
{
    control.exit_status = status;
    if (control.on_exit.function != NULL)
        control.on_exit.function(control.on_exit.argument);
    _exit(status);
}

/* Append to the message, without printf, which may allocate. */
static void control_say(const char *text)
{
    size_t used = strlen(control.message);

    while (*text != '\0' && used < sizeof control.message - 1)
        control.message[used++] = *text++;
    control.message[used] = '\0';
}

static void control_say_hex(uintptr_t value)
{
    char digits[2 + 2 * sizeof value + 1];
    char *start = digits + sizeof digits - 1;

    *start = '\0';
    do {
        *--start = "0123456789abcdef"[value % 16];
        value /= 16;
    } while (value != 0);
    *--start = 'x';
    *--start = '0';
    control_say(start);
}

static _Noreturn void control_trap(void)
{
    struct control_hook hook = control.on_trap;

    ac_fake_unlock();
    if (hook.function != NULL)
        hook.function(hook.argument);
    ssize_t ignored = write(2, control.message, strlen(control.message));
    ignored = write(2, "\n", 1);
    (void)ignored;
    abort();
}

_Noreturn void ac_fake_trap(enum ac_fake_call call, const void *addr, size_t size,
                            const char *what)
{
    control.message[0] = '\0';
    control_say(ac_fake_call_name(call));
    control_say(": [");
    control_say_hex((uintptr_t)addr);
    control_say(", +");
    control_say_hex(size);
    control_say(") ");
    control_say(what);
    control_trap();
}

_Noreturn void ac_fake_trap_text(const char *what)
{
    control.message[0] = '\0';
    control_say(what);
    control_trap();
}
