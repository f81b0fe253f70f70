/* json.c -- JSON written in order: objects, arrays, members. */
#include "json.h"

void ac_json_begin(struct ac_json *json, FILE *file)
{
    ac_cli_text(&json->text, json->buffer, sizeof json->buffer, file);
    json->comma = false;
}

void ac_json_end(struct ac_json *json)
{
    ac_text_char(&json->text, '\n');
    ac_text_end(&json->text);
}

void ac_json_key(struct ac_json *json, const char *key)
{
    if (json->comma)
        ac_text_char(&json->text, ',');
    if (key != NULL) {
        ac_text_json(&json->text, key);
        ac_text_char(&json->text, ':');
    }
    json->comma = true;
}

void ac_json_open(struct ac_json *json, const char *key, char bracket)
{
    ac_json_key(json, key);
    ac_text_char(&json->text, bracket);
    json->comma = false;
}

void ac_json_close(struct ac_json *json, char bracket)
{
    ac_text_char(&json->text, bracket);
    json->comma = true;
}

void ac_json_string(struct ac_json *json, const char *key, const char *value)
{
    ac_json_key(json, key);
    ac_text_json(&json->text, value);
}

void ac_json_u64(struct ac_json *json, const char *key, uint64_t value)
{
    ac_json_key(json, key);
    ac_text_u64(&json->text, value);
}

void ac_json_bool(struct ac_json *json, const char *key, bool value)
{
    ac_json_key(json, key);
    ac_text_string(&json->text, value ? "true" : "false");
}

void ac_json_null(struct ac_json *json, const char *key)
{
    ac_json_key(json, key);
    ac_text_string(&json->text, "null");
}

void ac_json_seconds(struct ac_json *json, const char *key, uint64_t ns)
{
    ac_json_key(json, key);
    ac_text_fixed(&json->text, ns / 1000, 6);
}

void ac_json_hex(struct ac_json *json, const char *key, uint64_t value)
{
    ac_json_key(json, key);
    ac_text_char(&json->text, '"');
    ac_text_hex(&json->text, value);
    ac_text_char(&json->text, '"');
}
