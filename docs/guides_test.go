package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTroubleshootingQuotesTheProgram looks for each message that the page quotes in the sources.
func TestTroubleshootingQuotesTheProgram(t *testing.T) {
	page := readPage(t, "docs/troubleshooting.md")
	var quotes []string
	for line := range strings.Lines(page) {
		if quote, is := strings.CutPrefix(line, "> "); is {
			quotes = append(quotes, strings.TrimSpace(quote))
		}
	}
	_, table, _ := strings.Cut(page, "| message | what to do |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, cells := range rows(table) {
		quotes = append(quotes, cells[0])
	}
	if len(quotes) < 20 {
		t.Fatalf("the page quotes %d messages, so something is wrong with it, or with this test", len(quotes))
	}
	sources := sourcesOfTheProgram(t)
	for _, quote := range quotes {
		if !strings.Contains(sources, quote) {
			t.Errorf("no part of the program says: %s", quote)
		}
	}
}

// sourcesOfTheProgram is the text of all Go files but tests, with literals that go on in the next line joined.
func sourcesOfTheProgram(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range []string{"internal", "graph"} {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return regexp.MustCompile(`" \+\n\s*"`).ReplaceAllString(all.String(), "")
}

// TestEveryClaimAboutOthersHasASource reads the table that compares Latchkey with others: each cell about
// another project links what says so, at one version of it where it is a file of a repository.
func TestEveryClaimAboutOthersHasASource(t *testing.T) {
	page := readPage(t, "docs/comparison.md")
	sources := map[string]string{}
	for _, found := range definition.FindAllStringSubmatch(page, -1) {
		sources[found[1]] = found[2]
	}
	_, table, _ := strings.Cut(page, "\n## The table\n")
	table, _, _ = strings.Cut(table, "\n## ")
	pinned := regexp.MustCompile(`/(blob|tree)/[0-9a-f]{40}/`)
	claims := 0
	for i, cells := range rows(strings.TrimSpace(table)) {
		if len(cells) != 8 {
			t.Errorf("a row has %d cells: %v", len(cells), cells)
			continue
		}
		if i == 0 {
			continue // the names
		}
		for _, claim := range cells[2:] {
			claims++
			links := reference.FindAllStringSubmatch(claim, -1)
			if len(links) == 0 {
				t.Errorf("%s: nothing shows this: %s", cells[0], claim)
			}
			for _, link := range links {
				source := sources[link[1]]
				if isFile := strings.Contains(source, "/blob/") || strings.Contains(source, "/tree/"); isFile && !pinned.MatchString(source) || !strings.HasPrefix(source, "https://") {
					t.Errorf("%s: [%s] is no source of one version: %q", cells[0], link[1], source)
				}
			}
		}
	}
	if claims < 100 {
		t.Errorf("%d claims were read", claims)
	}
}
