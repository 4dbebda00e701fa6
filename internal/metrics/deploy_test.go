package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/latchkey-auth/latchkey/internal/metrics"
)

// known returns the labels of each series that a server may have, by its name.
func known() map[string][]string {
	series := map[string][]string{}
	for name, labels := range metrics.New(sources()).Names() {
		labels = append(labels, "instance", "job")
		series[name], series[name+"_sum"], series[name+"_count"] = labels, labels, labels
		series[name+"_bucket"] = append(slices.Clone(labels), "le")
	}
	return series
}

var (
	seriesName = regexp.MustCompile(`\b(?:latchkey|go|process)_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`\b((?:latchkey|go|process)_[a-z0-9_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping   = regexp.MustCompile(`\bby \(([a-z_, ]+)\)`)
)

// checkExpression fails the test if an expression names what there is not.
func checkExpression(t *testing.T, where, expression string) {
	t.Helper()
	series := known()
	labels := []string{"le"}
	names := seriesName.FindAllString(expression, -1)
	for _, name := range names {
		if series[name] == nil {
			t.Errorf("%s: there is no metric %s", where, name)
		}
		labels = append(labels, series[name]...)
	}
	if len(names) == 0 && !strings.HasPrefix(expression, "up{") {
		t.Errorf("%s: no metric in %s", where, expression)
	}
	for _, found := range selector.FindAllStringSubmatch(expression, -1) {
		for _, label := range matcher.FindAllStringSubmatch(found[2], -1) {
			if !slices.Contains(series[found[1]], label[1]) {
				t.Errorf("%s: %s: got the label %s, want one that it has", where, found[1], label[1])
			}
		}
	}
	for _, found := range grouping.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(found[1], ",") {
			if !slices.Contains(labels, strings.TrimSpace(label)) {
				t.Errorf("%s: nothing in it has the label %s", where, label)
			}
		}
	}
	if strings.Count(expression, "(") != strings.Count(expression, ")") {
		t.Errorf("%s: the brackets do not match", where)
	}
}

func TestTheAlertsNameWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict(), yaml.AllowFieldPrefixes("name")); err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range file.Groups[0].Rules {
		checkExpression(t, rule.Alert, rule.Expr)
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
			t.Errorf("%s lacks a severity or a summary", rule.Alert)
		}
		if !strings.Contains(string(runbook), "`"+rule.Alert+"`") {
			t.Errorf("docs/operations.md does not say what to do about %s", rule.Alert)
		}
	}
	if len(file.Groups[0].Rules) < 10 {
		t.Errorf("there are %d rules", len(file.Groups[0].Rules))
	}
}

func TestTheDashboardNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/latchkey.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, panel := range dashboard.Panels {
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("%s shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			checkExpression(t, panel.Title, target.Expr)
			for _, name := range seriesName.FindAllString(target.Expr, -1) {
				shown[strings.TrimSuffix(name, "_bucket")] = true
			}
		}
	}
	// What is worth counting is worth showing.
	for name := range metrics.New(sources()).Names() {
		if strings.HasPrefix(name, "latchkey_") && !shown[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestTheMetricsAreInTheManual holds docs/operations.md to the code.
func TestTheMetricsAreInTheManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	series := known()
	for _, name := range seriesName.FindAllString(string(text), -1) {
		if series[name] == nil {
			t.Errorf("docs/operations.md names %s, which is no metric", name)
		}
	}
	for name := range metrics.New(sources()).Names() {
		if strings.HasPrefix(name, "latchkey_") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/operations.md does not explain %s", name)
		}
	}
}
