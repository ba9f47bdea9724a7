/* config_schema.h - the settings: one row each, from which everything about them
 * follows.
 *
 * Reading (config_fill.c), writing and help (config_write.c) and clearing (config.c)
 * are walks over these rows; a new setting is a member of a struct in config.h and a
 * row here.
 */
#ifndef CORE_FORMAT_CONFIG_SCHEMA_H
#define CORE_FORMAT_CONFIG_SCHEMA_H

#include "core/format/config.h"
#include "core/format/config_value.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* What a setting is, and what it is stored as. */
enum config_kind {
    KIND_INT,         /* int */
    KIND_LONG,        /* long */
    KIND_U64,         /* uint64_t */
    KIND_REAL,        /* double; NaN: not given */
    KIND_SIZE,        /* size_t, bytes */
    KIND_WORD,        /* an enum */
    KIND_WORD_OR_NOT, /* an enum whose words begin with 1; 0: not given */
    KIND_NAME,        /* char *, owned, fit for a path */
    KIND_TEXT,        /* char *, owned */
    KIND_PATH,        /* char *, owned, ${NAME} replaced */
    KIND_BITS,        /* struct config_bits */
    KIND_SOME_BITS,   /* struct override_bits; zeros: not given */
    KIND_RANGE,       /* struct sample_range */
    KIND_INPUTS,      /* struct config_inputs */
    KIND_INT_OR_ALL,  /* int; 0: all */
    KIND_ROW,         /* const void *, borrowed: the row with that name */
    KIND_METHOD,      /* struct config_method_settings */
    KIND_ANALYSIS,    /* struct config_analysis_settings */
    KIND_SECTION,     /* the struct of another table */
    KIND_COUNT
};

/* Names, or rows that begin with a name and perhaps what it means, in the order of the enum. */
struct config_words {
    const void *rows; /* [count] */
    size_t count;
    size_t stride; /* bytes of one */
    bool have_help;
    bool are_pointers; /* to rows */
};

const char *config_word(const struct config_words *words, size_t word);
const void *config_word_row(const struct config_words *words, size_t word);
/* What a word means; NULL: the setting's own help says it. */
const char *config_word_help(const struct config_words *words, size_t word);

/* A list is an array in the struct, filled from its beginning. In the file one value
 * may stand for a list of one. */
struct config_list {
    int least;
    int most;        /* 0: not a list */
    size_t stride;   /* bytes of one entry */
    size_t count_at; /* offset of the int that counts; unused when least == most */
    bool (*same)(const void *left,
                 const void *right); /* two such entries are an error */
    const char *twin;                /* how they are alike: "has the same name as" */
    bool increasing;                 /* numbers, each above the one before */
    bool is_mapping; /* {name: value}; an entry is the text "name=value" */
};

/* Another setting's word without which a setting makes no sense. */
struct config_needs {
    const char *text; /* "start: p_grid", for sentences; NULL: there is none */
    size_t offset;    /* of the enum */
    int word;
};

struct config_field {
    const char *key;
    enum config_kind kind;
    size_t offset;
    const char *fallback;         /* the default, as YAML; NULL: none */
    struct config_interval range; /* of numbers */
    const char *help;
    const char *required; /* an example of it, as YAML; NULL: it may be left out */
    struct config_words words;
    const struct config_section *section;
    struct config_list list;
    const char
        *only; /* "mmse, lapq": names of the section's first setting that it makes
                         sense for; NULL: all */
    struct config_needs needs; /* a setting before this one */
    bool never_changes_digits; /* not part of a case's identity, see identity.h */
};

struct config_section {
    const char *what; /* "a model", for sentences */
    bool one_line;    /* when written */
    bool bare;        /* a single word stands for the first row's setting */
    const struct config_field *fields; /* [count] */
    size_t count;
    const struct config_section *const *parts; /* in place of fields: those of others;
                                                  ends with NULL */
};

/* How rows are written. */
#define CONFIG_COUNT(array) (sizeof(array) / sizeof *(array))
#define CONFIG_WORDS(names)                                                            \
    {                                                                                  \
        names, CONFIG_COUNT(names), sizeof *(names), false, false                      \
    }
#define CONFIG_AT(type, member) offsetof(struct type, member)
#define CONFIG_FIELDS(fields)                                                          \
    {                                                                                  \
        NULL, false, false, fields, CONFIG_COUNT(fields), NULL                         \
    }

/* The section of a field's entries; NULL: they are none. */
const struct config_section *config_section_of(const struct config_field *field,
                                               const struct config_named *named);

/* The place of what only some analyses have, in config_analysis_settings. */
#define CONFIG_ANALYSIS_OWN(type, member)                                              \
    (offsetof(struct config_analysis_settings, own) + offsetof(struct type, member))

/* The place of what only some methods have, in config_method_settings. */
#define CONFIG_OWN(type, member)                                                       \
    (offsetof(struct config_method_settings, own) + offsetof(struct type, member))
#define CONFIG_FITS_OWN(type)                                                          \
    static_assert(sizeof(struct type) <= CONFIG_OWN_BYTES, "raise CONFIG_OWN_BYTES")

/* The settings of a section one after the other; NULL behind the last. */
const struct config_field *config_section_field(const struct config_section *section,
                                                size_t index);

/* Whether a setting makes sense for the word that the struct at `base` has in its section's first
 * setting. */
bool config_field_fits(const struct config_section *section,
                       const struct config_field *field, const char *base);

/* Whether "a, b, c" names a word. */
bool config_list_has(const char *list, const char *word);

/* Whether the struct at `base` has the word that a setting needs. */
bool config_field_has_needs(const struct config_field *field, const char *base);

extern const struct config_section config_schema;       /* of struct config */
extern const struct config_section config_schema_model; /* of struct config_model */
extern const struct config_section config_schema_input; /* of struct config_input */
/* Of config_method_settings: what all methods have, but the first setting, their name. */
extern const struct config_section config_schema_method, config_schema_method_title;

#endif
