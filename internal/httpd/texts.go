package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// texts are the words of the pages by key, with what changes in braces: {email}. They are given to
// pages in full; an operator's file replaces some of them.
type texts map[string]string

// placeholder is what a text has in place of what changes.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// say returns a text, with the values of its placeholders as name and value in turn.
func (t texts) say(key string, values ...string) string {
	pairs := make([]string, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs[i], pairs[i+1] = "{"+values[i]+"}", values[i+1]
	}
	return strings.NewReplacer(pairs...).Replace(t[key])
}

// problem returns what is said of a problem: the operator's words for its code, or those of the domain.
func (t texts) problem(code, message string) string {
	if own := t["error."+code]; own != "" {
		return own
	}
	return message
}

// forScript returns those that the script says on a page, as JSON.
func (t texts) forScript(page, product string) string {
	groups := map[string]bool{"page": true, "problem": true, "error": true, "profile": true, strings.ReplaceAll(page, "-", "_"): true}
	groups["proof"] = page == "account" || page == adminPage
	groups["factor"] = page == "account" || page == "sign-in" || page == "invitation"
	groups["passkey"] = groups["factor"] || page == adminPage
	groups["field"] = page == adminPage
	groups["account"] = page == "account" || page == adminPage
	groups["provider"] = page == "sign-in"
	groups["connected"] = page == "account"
	said := texts{}
	for key, text := range t {
		if group, _, _ := strings.Cut(key, "."); groups[group] && text != "" {
			said[key] = t.say(key, "product", product)
		}
	}
	document, err := json.Marshal(said)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(document)
}

// pageFault says what is wrong with a file of the pages' folder, and in which line if it is in one.
type pageFault struct {
	file   string
	line   int
	reason string
}

func (f *pageFault) Error() string {
	if f.line == 0 {
		return f.file + ": " + f.reason
	}
	return fmt.Sprintf("%s, line %d: %s", f.file, f.line, f.reason)
}

// parseTexts reads a JSON object of texts. With base not nil each must be one that base has, and may
// have the placeholders that it has there, and {product}; the texts of base are among those returned.
func parseTexts(file string, source []byte, base texts) (texts, error) {
	decoder := json.NewDecoder(bytes.NewReader(source))
	at := func(offset int64) int { return 1 + bytes.Count(source[:min(int(offset), len(source))], []byte("\n")) }
	fault := func(reason string) *pageFault {
		return &pageFault{file: file, line: at(decoder.InputOffset()), reason: reason}
	}

	own := texts{}
	maps.Copy(own, base)
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fault(`it is not a JSON object of texts: {"sign_in.title": "Welcome back"}`)
	}
	var faults []error
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, errors.Join(append(faults, fault(err.Error()))...)
		}
		value, err := decoder.Token()
		if err != nil {
			return nil, errors.Join(append(faults, fault(err.Error()))...)
		}
		text, isText := value.(string)
		if !isText {
			return nil, errors.Join(append(faults, fault(fmt.Sprintf("the value of %q is no text", key)))...)
		}
		name := fmt.Sprint(key)
		if reason := textProblem(name, text, base); reason != "" {
			faults = append(faults, fault(reason))
		}
		own[name] = text
	}
	if _, err := decoder.Token(); err != nil {
		faults = append(faults, fault(err.Error()))
	} else if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		faults = append(faults, fault("something follows the object"))
	}
	return own, errors.Join(faults...)
}

// textProblem says why a text cannot stand in place of that of base, or nothing.
func textProblem(key, text string, base texts) string {
	original, known := base[key]
	switch {
	case base == nil:
		return ""
	case !known:
		return fmt.Sprintf("there is no text called %q. %s", key, nearest(key, slices.Sorted(maps.Keys(base))))
	case strings.TrimSpace(text) == "" && original != "":
		return fmt.Sprintf("the text %q is empty", key)
	}
	for _, name := range placeholder.FindAllString(text, -1) {
		if name != "{product}" && !strings.Contains(original, name) {
			return fmt.Sprintf("the text %q has %s, and nothing puts a value there", key, name)
		}
	}
	return ""
}

// nearest names those of the known names that begin most like a wrong one.
func nearest(wrong string, known []string) string {
	best, names := 2, []string(nil)
	for _, name := range known {
		common := 0
		for common < min(len(name), len(wrong)) && name[common] == wrong[common] {
			common++
		}
		switch {
		case common > best:
			best, names = common, []string{name}
		case common == best:
			names = append(names, name)
		}
	}
	const most = 12
	switch {
	case len(names) == 0 && len(known) <= most:
		return "There are: " + strings.Join(known, ", ")
	case len(names) == 0:
		return "docs/pages.md says which there are"
	case len(names) > most:
		names = append(names[:most], "…")
	}
	return "The nearest: " + strings.Join(names, ", ")
}
