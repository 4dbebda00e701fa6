package graph_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// splitAnswer separates the headers, if there are any, from the JSON.
func splitAnswer(text string) (headers, body string) {
	if strings.HasPrefix(text, "{") {
		return "", text
	}
	headers, body, _ = strings.Cut(text, "\n\n")
	return headers, body
}

// sortErrors puts the errors of an answer into the order of their paths. Fields of a query are resolved at the same
// time, so their errors come in any order.
func sortErrors(answer any) {
	fields, _ := answer.(map[string]any)
	found, _ := fields["errors"].([]any)
	path := func(e any) string {
		fault, _ := e.(map[string]any)
		return fmt.Sprint(fault["path"])
	}
	slices.SortStableFunc(found, func(a, b any) int { return strings.Compare(path(a), path(b)) })
}

// match returns got with every text whose place in want has {{name}} replaced by it, if it may stand
// there. An object is kept by the name.
func (c *conversation) match(want, got any) any {
	switch want := want.(type) {
	case string:
		name, isName := strings.CutPrefix(want, "{{")
		if !isName {
			return got
		}
		name = strings.TrimSuffix(name, "}}")
		text, isText := got.(string)
		if name == "*" && got != nil {
			return want
		}
		if object, ok := got.(map[string]any); ok {
			c.objects[name] = object
			return want
		}
		if !isText {
			return got
		}
		if known, ok := c.values[name]; ok && known != text {
			return "another value than " + want
		}
		c.values[name] = text
		return want
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			for name := range want {
				if value, ok := got[name]; ok {
					got[name] = c.match(want[name], value)
				}
			}
		}
	case []any:
		if got, ok := got.([]any); ok {
			for i := range min(len(want), len(got)) {
				got[i] = c.match(want[i], got[i])
			}
		}
	}
	return got
}

// matchHeaders is match for the values of one header.
func (c *conversation) matchHeaders(want, got []string) []string {
	if len(got) == 0 {
		return []string{"-"}
	}
	matched := slices.Clone(got)
	for i := range min(len(want), len(got)) {
		names := placeholder.FindAllString(want[i], -1)
		var pattern strings.Builder
		for j, text := range placeholder.Split(want[i], -1) {
			if j > 0 {
				pattern.WriteString("(.+?)")
			}
			pattern.WriteString(regexp.QuoteMeta(text))
		}
		found := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(got[i])
		if found == nil {
			continue
		}
		matched[i] = want[i]
		for j, name := range names {
			if c.match(name, found[j+1]) != name {
				matched[i] = got[i]
			}
		}
	}
	return matched
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)
