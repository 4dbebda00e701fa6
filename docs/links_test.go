package docs_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	docLink    = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	definition = regexp.MustCompile(`(?m)^\[([^\]]+)\]: (\S+)$`)
	reference  = regexp.MustCompile(`\]\[([^\]]+)\]`)
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug     = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// forReaders are the texts of docs/ and those beside it that people read first.
func forReaders(t *testing.T) map[string]string {
	t.Helper()
	texts := docs(t)
	for _, pattern := range []string{"*.md", "examples/*/README.md", "clients/*/README.md", "deploy/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			texts[filepath.ToSlash(file)] = readPage(t, file)
		}
	}
	if texts["README.md"] == "" {
		t.Fatal("there is no README.md")
	}
	return texts
}

// TestLinksBetweenDocsLead follows each link to a file of the project, and to a heading in it.
func TestLinksBetweenDocsLead(t *testing.T) {
	for name, text := range forReaders(t) {
		text = fence.ReplaceAllString(text, "")
		defined := map[string]bool{}
		for _, found := range definition.FindAllStringSubmatch(text, -1) {
			defined[found[1]] = true
			text += "](" + found[2] + ")"
		}
		for _, found := range reference.FindAllStringSubmatch(text, -1) {
			if !defined[found[1]] {
				t.Errorf("%s has a link to [%s], which is not defined", name, found[1])
			}
		}
		for _, link := range docLink.FindAllStringSubmatch(text, -1) {
			if fault := follow(name, link[1]); fault != "" {
				t.Errorf("%s leads to %s, %s", name, link[1], fault)
			}
		}
	}
}

// follow returns what is wrong with a link in a text, or nothing. Other hosts are not asked.
func follow(name, link string) string {
	target, anchor, anchored := strings.Cut(link, "#")
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return ""
	}
	file := name
	if target != "" {
		file = path.Join(path.Dir(name), target)
	}
	if strings.HasPrefix(file, "..") {
		return "which is outside of the project"
	}
	linked, err := os.ReadFile(filepath.FromSlash(file))
	if info, statErr := os.Stat(file); err != nil && (statErr != nil || !info.IsDir()) {
		return "which is not there"
	}
	if anchored && !slices.Contains(anchors(string(linked)), anchor) {
		return "where there is no such heading"
	}
	return ""
}

// anchors are what the headings of a text are called in links, as GitHub calls them.
func anchors(text string) []string {
	var names []string
	seen := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-")
		if n := seen[name]; n > 0 {
			names = append(names, name+"-"+strconv.Itoa(n))
		} else {
			names = append(names, name)
		}
		seen[name]++
	}
	return names
}

// TestTheIndexLeadsToEveryPage walks from docs/README.md along its links.
func TestTheIndexLeadsToEveryPage(t *testing.T) {
	texts := docs(t)
	reached := map[string]bool{}
	var walk func(name string)
	walk = func(name string) {
		text, isPage := texts[name]
		if !isPage || reached[name] {
			return
		}
		reached[name] = true
		folder := strings.TrimSuffix(name, ".md") + "/"
		hasFolder := slices.ContainsFunc(slices.Collect(maps.Keys(texts)), func(other string) bool { return strings.HasPrefix(other, folder) })
		if path.Base(name) != "README.md" && !hasFolder {
			return // only an index leads on, and a page with a folder of its name
		}
		for _, link := range docLink.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(link[1], "#")
			walk(path.Join(path.Dir(name), target))
		}
	}
	walk("docs/README.md")
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !reached[name] {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
}
