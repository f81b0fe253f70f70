/* json.h -- JSON written in order: objects, arrays, members.
 *
 *   ac_json_open(&json, NULL, '{');
 *   ac_json_string(&json, "program", "ls");
 *   ac_json_close(&json, '}');
 *
 * A key of NULL is for members of arrays and for the outermost value. */
#ifndef AC_CLI_JSON_H
#define AC_CLI_JSON_H

#include "cli.h"

struct ac_json {
    struct ac_text text;
    char buffer[512];
    bool comma; /* the next member needs one */
};

void ac_json_begin(struct ac_json *json, FILE *file);
void ac_json_end(struct ac_json *json); /* adds the final newline */

void ac_json_key(struct ac_json *json, const char *key);
void ac_json_open(struct ac_json *json, const char *key, char bracket);
void ac_json_close(struct ac_json *json, char bracket);
void ac_json_string(struct ac_json *json, const char *key, const char *value);
void ac_json_u64(struct ac_json *json, const char *key, uint64_t value);
void ac_json_bool(struct ac_json *json, const char *key, bool value);
void ac_json_null(struct ac_json *json, const char *key);
/* Seconds with six decimals. */
void ac_json_seconds(struct ac_json *json, const char *key, uint64_t ns);
void ac_json_hex(struct ac_json *json, const char *key, uint64_t value);

#endif
