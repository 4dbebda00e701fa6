package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// claims are what a provider says of a person: a JSON object, numbers as they were written.
type claims map[string]any

// readClaims reads one JSON object.
func readClaims(text []byte) (claims, error) {
	var c claims
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&c); err != nil || c == nil {
		return nil, errors.New("it did not answer with a JSON object")
	}
	return c, nil
}

// at returns the value at a path, names between dots; nil: none.
func (c claims) at(path string) any {
	var value any = map[string]any(c)
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// text returns the string, or the number as a string, at a path; empty: neither.
func (c claims) text(path string) string {
	switch value := c.at(path).(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// isTrue reports whether there is true at a path, or one of the texts and numbers that Apple and Microsoft write for it.
func (c claims) isTrue(path string) bool {
	switch value := c.at(path).(type) {
	case bool:
		return value
	case string:
		return value == "true" || value == "1"
	case json.Number:
		return value == "1"
	}
	return false
}

// texts returns the list of strings at a path.
func (c claims) texts(path string) []string {
	list, _ := c.at(path).([]any)
	var texts []string
	for _, entry := range list {
		if text, ok := entry.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// time returns the time at a path, in seconds since 1970; zero: none.
func (c claims) time(path string) time.Time {
	seconds, err := strconv.ParseInt(c.text(path), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// profile returns what the operator's mapping takes for the profile: texts, numbers and truth values.
func (p *provider) profile(c claims) map[string]any {
	profile := map[string]any{}
	for field, path := range p.Profile {
		switch value := c.at(path).(type) {
		case string, bool:
			profile[field] = value
		case json.Number:
			if n, err := value.Int64(); err == nil {
				profile[field] = n
			} else if f, err := value.Float64(); err == nil {
				profile[field] = f
			}
		}
	}
	if len(profile) == 0 {
		return nil
	}
	return profile
}
