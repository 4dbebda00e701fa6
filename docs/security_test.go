package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// relativeLink is a link to something in this repository.
	relativeLink = regexp.MustCompile(`\[([^\]]+)\]\(([^)#:]+)(?:#[^)]*)?\)`)
	// testLink is one to a test, by its name.
	testLink    = regexp.MustCompile("\\[`((?:Test|Fuzz)\\w+|\\w+\\.txtar)`\\]\\(")
	requirement = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)$`)
)

// TestLinksOfTheSecurityPagesLeadToTests opens what the pages on security link: each page, and each test
// by its name.
func TestLinksOfTheSecurityPagesLeadToTests(t *testing.T) {
	for _, page := range []string{"docs/threat-model.md", "docs/asvs.md"} {
		tests := 0
		for _, link := range relativeLink.FindAllStringSubmatch(readPage(t, page), -1) {
			name, path := strings.Trim(link[1], "`"), filepath.Join("docs", link[2])
			text, err := os.ReadFile(path)
			if err != nil {
				t.Errorf("%s links %s: %v", page, path, err)
				continue
			}
			isTest := strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz")
			if isTest && !strings.Contains(string(text), "\nfunc "+name+"(") {
				t.Errorf("%s links %s, which is not in %s", page, name, path)
			}
			if isTest {
				tests++
			}
		}
		if tests < 50 {
			t.Errorf("%s links %d tests, so something is wrong with its links, or with this test", page, tests)
		}
	}
}

// TestEveryDefenceHasATest reads the tables of what stops attackers.
func TestEveryDefenceHasATest(t *testing.T) {
	_, after, _ := strings.Cut(readPage(t, "docs/threat-model.md"), "\n## What stops them\n")
	tables, _, found := strings.Cut(after, "\n## ")
	if !found {
		t.Fatal("the page has no such chapter")
	}
	defences := 0
	for _, cells := range rows(tables) {
		if len(cells) != 3 {
			t.Errorf("a row has %d cells: %s", len(cells), cells[0])
			continue
		}
		if cells[0] == "attack" {
			continue
		}
		defences++
		if !testLink.MatchString(cells[2]) {
			t.Errorf("no test shows what stops this: %s", cells[0])
		}
	}
	if defences < 30 {
		t.Errorf("%d defences were read", defences)
	}
}

// requirementsOfASVS is how many requirements each section of the chapters V6, V7, V9 and V11 of ASVS
// 5.0.0 has.
var requirementsOfASVS = map[string]int{
	"6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2,
	"9.1": 3, "9.2": 4,
	"11.1": 4, "11.2": 5, "11.3": 5, "11.4": 4, "11.5": 2, "11.6": 2, "11.7": 2,
}

// TestEveryRequirementOfASVSIsAnswered reads the tables of docs/asvs.md: each requirement is there once,
// and is met, which a test or a page shows, or not met or not applicable, with a reason.
func TestEveryRequirementOfASVSIsAnswered(t *testing.T) {
	answered := map[string]int{}
	for _, cells := range rows(readPage(t, "docs/asvs.md")) {
		number := requirement.FindStringSubmatch(cells[0])
		if number == nil {
			continue
		}
		section := number[1] + "." + number[2]
		answered[section]++
		if want := fmt.Sprintf("%s.%d", section, answered[section]); cells[0] != want {
			t.Errorf("%s stands where %s should", cells[0], want)
		}
		if len(cells) != 5 || cells[1] < "1" || cells[1] > "3" || cells[2] == "" || cells[4] == "" {
			t.Errorf("%s has no level, no words, no status or no reason", cells[0])
			continue
		}
		switch status := cells[3]; status {
		case "met", "not met", "not applicable":
		default:
			t.Errorf("%s is %q", cells[0], status)
		}
	}
	for section, count := range requirementsOfASVS {
		if answered[section] != count {
			t.Errorf("%d requirements of section %s are answered, want %d", answered[section], section, count)
		}
	}
}

// rows returns the cells of all rows of all tables in a text, without those that draw lines.
func rows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
