package importer

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// textOf returns a value as text, "" for one that is none.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		if value == `\N` || value == "NULL" { // as PostgreSQL and MySQL write that there is none
			return ""
		}
		return value
	case json.Number:
		return value.String()
	case int64:
		return strconv.FormatInt(value, 10)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// asBool reads what programs write for true and false.
func asBool(value any) (isTrue, ok bool) {
	switch strings.ToLower(textOf(value)) {
	case "true", "t", "1", "yes", "y", "on":
		return true, true
	case "false", "f", "0", "no", "n", "off", "":
		return false, true
	}
	return false, false
}

// asObject reads an object, also from a text of JSON, as columns of tables have it.
func asObject(value any) (map[string]any, bool) {
	switch value := value.(type) {
	case map[string]any:
		return value, true
	case string:
		object, err := profile.ParsePatch([]byte(value))
		return object, err == nil
	}
	return nil, false
}

// asList reads a list, also from a text of JSON.
func asList(value any) []any {
	switch value := value.(type) {
	case []any:
		return value
	case string:
		var list []any
		decoder := json.NewDecoder(strings.NewReader(value))
		decoder.UseNumber()
		if decoder.Decode(&list) == nil {
			return list
		}
	}
	return nil
}

// timeLayouts are how programs write times. Without a zone they are UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999 MST", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02",
}

// asTime reads a time: a text, or a number of seconds or milliseconds since 1970. Zero: there is none.
func asTime(value any) time.Time {
	text := strings.TrimSpace(textOf(value))
	if text == "" {
		return time.Time{}
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		const millisecondsFrom = 100_000_000_000 // seconds would be in the year 5138
		switch {
		case number <= 0:
			return time.Time{}
		case number >= millisecondsFrom:
			return time.UnixMilli(number).UTC()
		}
		return time.Unix(number, 0).UTC()
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
