package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// choice returns the one of words that the setting is, in any case, or the first if none was given.
func (r *resolver) choice(variable string, words ...string) string {
	value := fieldOf(variable).get(&r.given)
	if value == "" {
		return words[0]
	}
	if i := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, value) }); i >= 0 {
		return words[i]
	}

	last := len(words) - 1
	r.fault(variable, "must be "+strings.Join(words[:last], ", ")+" or "+words[last]+".",
		fmt.Sprintf("Give one of these words, or nothing for %s.", words[0]))
	return words[0]
}

// boolean returns the setting as true or false.
func (r *resolver) boolean(variable string, otherwise bool) bool {
	switch strings.ToLower(fieldOf(variable).get(&r.given)) {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	}
	r.fault(variable, "must be true or false.",
		fmt.Sprintf("Give one of these words, or nothing for %t.", otherwise))
	return otherwise
}

// number returns the setting as a whole number from least to most, or otherwise if none was given.
func (r *resolver) number(variable string, least, most, otherwise uint32) uint32 {
	value := fieldOf(variable).get(&r.given)
	if value == "" {
		return otherwise
	}

	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || uint32(n) < least || uint32(n) > most {
		r.fault(variable, fmt.Sprintf("must be a whole number from %d to %d.", least, most),
			fmt.Sprintf("Give such a number, or nothing for %d.", otherwise))
		return otherwise
	}
	return uint32(n)
}

func (r *resolver) logLevel() slog.Level {
	switch r.choice("LATCHKEY_LOG_LEVEL", "info", "debug", "warn", "error") {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

func (r *resolver) productName() string {
	const longest = 60 // characters: it stands in subjects and headings
	if utf8.RuneCountInString(r.given.ProductName) > longest {
		r.fault("LATCHKEY_PRODUCT_NAME", fmt.Sprintf("is longer than %d characters.", longest),
			"Give the name as it should stand in a subject.")
		return "Latchkey"
	}
	if strings.ContainsFunc(r.given.ProductName, text.Invisible) {
		r.fault("LATCHKEY_PRODUCT_NAME", "has a character that controls what is shown, instead of being shown.", "Leave it out.")
		return "Latchkey"
	}
	return cmp.Or(r.given.ProductName, "Latchkey")
}
