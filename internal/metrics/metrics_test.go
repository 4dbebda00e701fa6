package metrics_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/metrics"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// sources are those of a server at rest.
func sources() metrics.Sources {
	return metrics.Sources{
		Version:   "1.2.3",
		HashQueue: func() (waiting, most int) { return 3, 48 },
		Ping:      func(context.Context) error { return nil },
		Outbox: func(_ context.Context, now time.Time) (auth.OutboxDepth, error) {
			return auth.OutboxDepth{Due: 2, Waiting: 1, Abandoned: 4, Oldest: now.Add(-time.Hour)}, nil
		},
		Pools: func() []metrics.Pool {
			return []metrics.Pool{{Name: "all", Max: 8, Open: 3, InUse: 1, Idle: 2, WaitedCount: 5, Waited: 1500 * time.Millisecond}}
		},
		Sessions: func() (hits, misses, unvouched uint64) { return 7, 5, 3 },
	}
}

// scrape returns what a scraper reads: a value for each name with its labels, {} for none.
func scrape(t *testing.T, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if recorder.Code != http.StatusOK {
		t.Fatalf("a scrape is answered with %d:\n%s", recorder.Code, recorder.Body)
	}
	return parse(t, recorder.Body)
}

func parse(t *testing.T, text io.Reader) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for name, family := range families {
		if family.GetHelp() == "" {
			t.Errorf("%s has no help", name)
		}
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			at := name + "{" + strings.Join(labels, ",") + "}"
			switch {
			case metric.Counter != nil:
				values[at] = metric.GetCounter().GetValue()
			case metric.Gauge != nil:
				values[at] = metric.GetGauge().GetValue()
			case metric.Histogram != nil:
				values[at] = float64(metric.GetHistogram().GetSampleCount())
			}
		}
	}
	return values
}

func want(t *testing.T, got map[string]float64, wanted map[string]float64) {
	t.Helper()
	for name, value := range wanted {
		if at, ok := got[name]; !ok || at != value {
			t.Errorf("%s is %v (there: %v), want %v", name, at, ok, value)
		}
	}
}

func TestCounts(t *testing.T) {
	m := metrics.New(sources())
	ctx := t.Context()
	m.Acted("logged_in", "ok")
	m.Acted("logged_in", "ok")
	m.Acted("logged_in_by_code", "CODE_INVALID")
	m.Acted("signed_up", "ok")
	m.Limited("login_per_address")
	m.Hashed(ctx, secret.HashWork{Waited: time.Millisecond, Worked: time.Millisecond})
	m.Hashed(ctx, secret.HashWork{Err: secret.ErrBusy})
	m.Hashed(ctx, secret.HashWork{Err: context.Canceled})
	for _, outcome := range []string{"sent", "given_up"} {
		_, end := m.MailBegun(ctx, auth.JobPasswordReset)
		end(outcome)
	}
	for _, c := range []struct{ fields, codes []string }{
		{[]string{"me"}, nil},
		{[]string{"me"}, []string{"UNAUTHENTICATED"}},
		{[]string{"me", "sessions"}, []string{"INTERNAL", "UNAUTHENTICATED"}},
		{nil, []string{"BAD_USER_INPUT"}},
	} {
		_, end := m.OperationBegun(ctx)
		end("query", c.fields, c.codes)
	}
	for route, status := range map[string]int{"/graphql": 200, "": 405} {
		_, end := m.RequestBegun(ctx, nil)
		end(route, status)
	}

	got := scrape(t, m)
	want(t, got, map[string]float64{
		"latchkey_logins_total{outcome=ok,way=password}":                              2,
		"latchkey_logins_total{outcome=CODE_INVALID,way=code}":                        1,
		"latchkey_acts_total{act=signed_up,outcome=ok}":                               1,
		"latchkey_acts_total{act=logged_in,outcome=ok}":                               2,
		"latchkey_limits_hit_total{limit=login_per_address}":                          1,
		"latchkey_password_hashes_total{outcome=done}":                                1,
		"latchkey_password_hashes_total{outcome=busy}":                                1,
		"latchkey_password_hashes_total{outcome=gone}":                                1,
		"latchkey_password_hash_wait_seconds{}":                                       3,
		"latchkey_password_hash_duration_seconds{}":                                   1,
		"latchkey_password_hash_queue_depth{}":                                        3,
		"latchkey_password_hash_queue_limit{}":                                        48,
		"latchkey_mails_total{errand=password_reset,outcome=sent}":                    1,
		"latchkey_mails_total{errand=password_reset,outcome=given_up}":                1,
		"latchkey_graphql_operations_total{operation=me,outcome=ok}":                  1,
		"latchkey_graphql_operations_total{operation=me,outcome=UNAUTHENTICATED}":     1,
		"latchkey_graphql_operations_total{operation=several,outcome=several}":        1,
		"latchkey_graphql_operations_total{operation=invalid,outcome=BAD_USER_INPUT}": 1,
		"latchkey_graphql_duration_seconds{operation=me}":                             2,
		"latchkey_http_requests_total{route=/graphql,status=200}":                     1,
		"latchkey_http_requests_total{route=none,status=405}":                         1,
		"latchkey_http_request_duration_seconds{route=/graphql}":                      1,
		"latchkey_outbox_mails{state=due}":                                            2,
		"latchkey_outbox_mails{state=retrying}":                                       1,
		"latchkey_outbox_mails{state=abandoned}":                                      4,
		"latchkey_database_up{}":                                                      1,
		"latchkey_database_connections{pool=all,state=in_use}":                        1,
		"latchkey_database_connections{pool=all,state=idle}":                          2,
		"latchkey_database_connections_limit{pool=all}":                               8,
		"latchkey_database_waits_total{pool=all}":                                     5,
		"latchkey_database_wait_seconds_total{pool=all}":                              1.5,
		"latchkey_session_cache_lookups_total{result=hit}":                            7,
		"latchkey_session_cache_lookups_total{result=miss}":                           5,
		"latchkey_session_cache_lookups_total{result=unvouched}":                      3,
	})
	if age := got["latchkey_outbox_oldest_age_seconds{}"]; age < 3600 || age > 3660 {
		t.Errorf("the oldest mail is %v s old", age)
	}
	built := false
	for name := range got {
		built = built || strings.HasPrefix(name, "latchkey_build_info{") && strings.HasSuffix(name, ",version=1.2.3}")
	}
	if _, ok := got["go_goroutines{}"]; !built || !ok {
		t.Error("the build or the runtime is missing")
	}
}

// TestLabelsAreBounded gives each label far more values than there can be: memory must not grow with
// what a caller gets wrong.
func TestLabelsAreBounded(t *testing.T) {
	m := metrics.New(sources())
	empty := len(scrape(t, m))
	for i := range 50 * metrics.MaxNames {
		wild := fmt.Sprint("wild", i)
		m.Acted(auth.Act(wild), "ok")
		m.Limited(wild)
		_, end := m.OperationBegun(t.Context())
		end("query", []string{wild}, nil)
		_, ended := m.RequestBegun(t.Context(), nil)
		ended("/"+wild, http.StatusOK)
		_, mailed := m.MailBegun(t.Context(), auth.Job(wild))
		mailed("sent")
	}
	got := scrape(t, m)
	if series, most := len(got)-empty, 7*(metrics.MaxNames+1); series > most {
		t.Errorf("there are %d series, at most %d are wanted", series, most)
	}
	want(t, got, map[string]float64{"latchkey_limits_hit_total{limit=other}": 49 * metrics.MaxNames})
}
