package e2e

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// receiver takes spans as a collector of OpenTelemetry does.
type receiver struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []*tracepb.Span
	names map[string]bool // of services
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, names: map[string]bool{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || request.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
		r.t.Errorf("the collector got what are no traces, at %s: %v", request.URL.Path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.Write(body)
	for _, resource := range sent.GetResourceSpans() {
		for _, attribute := range resource.GetResource().GetAttributes() {
			if attribute.GetKey() == "service.name" {
				r.names[attribute.GetValue().GetStringValue()] = true
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
	w.WriteHeader(http.StatusOK)
}

// find returns the first span of a name that began under parent, or anywhere for nil.
func (r *receiver) find(name string, parent *tracepb.Span) *tracepb.Span {
	r.t.Helper()
	for _, span := range r.spans {
		if span.GetName() == name && (parent == nil || bytes.Equal(span.GetParentSpanId(), parent.GetSpanId())) {
			return span
		}
	}
	var names []string
	for _, span := range r.spans {
		names = append(names, span.GetName())
	}
	r.t.Fatalf("there is no span %q where it should be; there are %q", name, names)
	return nil
}

var metricsAddr = regexp.MustCompile(`"msg":"metrics","addr":"([^"]+)"`)

// scrape returns the metrics of a server as text, and each value by name and labels.
func scrape(t *testing.T, p *process) (text string, values map[string]float64) {
	t.Helper()
	found := metricsAddr.FindStringSubmatch(p.output.String())
	if found == nil {
		t.Fatalf("the log does not say where the metrics are:\n%s", hideTokens(p.output.String()))
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+found[1]+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("/metrics answers %d, %v", response.StatusCode, err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]float64{}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			at := name
			for _, label := range metric.GetLabel() {
				at += " " + label.GetValue()
			}
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
	return string(body), values
}

const (
	theirTrace  = "0af7651916cd43dd8448eb211c80319c"
	typedSecret = "hunter2-typed-as-a-name"
)

// TestTheStoryIsSeen plays a story on a server that is watched in every way there is: metrics, traces
// and the log know what happened, and none of them a secret or who it was.
func TestTheStoryIsSeen(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smtp, traces := smtptest.New(t), newReceiver(t)
			p := serve(t, database(t), mailTo(smtp), map[string]string{
				"LATCHKEY_METRICS_ADDR": "127.0.0.1:0", "OTEL_EXPORTER_OTLP_ENDPOINT": traces.URL, "OTEL_SERVICE_NAME": "our-login",
				"OTEL_BSP_SCHEDULE_DELAY": "600000", // so that the spans come when the server stops, or not at all
			})
			p.register()
			mailed := smtp.WaitFor(t, 1).Token()
			p.confirm(mailed)
			token := p.login(password)
			p.me(token)
			watchedRequests(p)

			text := metricsOfTheStory(t, p)
			p.stop()
			spansOfTheStory(t, traces, name)
			linesOfTheStory(t, p)
			for what, seen := range map[string]string{"metrics": text, "traces": traces.raw.String(), "log": p.output.String()} {
				for _, secret := range []string{mailed, token, password, "horse", typedSecret, "ada@", "example.com", "Ada", "lk_", "$argon2id", "MDEyMzQ1"} {
					if strings.Contains(seen, secret) {
						t.Errorf("the %s hold %q", what, hideTokens(secret))
					}
				}
			}
			if raw := traces.raw.String(); strings.Contains(raw, "SELECT \"") || strings.Contains(raw, "WHERE") {
				t.Error("the traces hold the text of a statement")
			}
		})
	}
}

// watchedRequests sends what clients send to be seen by others: names, headers, wrong credentials.
func watchedRequests(p *process) {
	p.t.Helper()
	document := `mutation ` + strings.ReplaceAll(typedSecret, "-", "_") + `($e: String!) { ` + strings.ReplaceAll(typedSecret, "-", "_") + `: login(input: {email: $e, password: "wrong horse"}) { errors { code } } }`
	if answer := p.graphql("", document, map[string]any{"e": email}); !strings.Contains(answer, "INVALID_CREDENTIALS") {
		p.t.Fatalf("a wrong password is answered with %s", answer)
	}
	body, err := json.Marshal(map[string]string{"query": "{ authConfig { registration } }"})
	if err != nil {
		p.t.Fatal(err)
	}
	header := http.Header{
		"Content-Type": {"application/json"}, "Traceparent": {"00-" + theirTrace + "-b7ad6b7169203331-00"},
		"Tracestate": {"them=" + typedSecret}, "Baggage": {"name=" + typedSecret}, "User-Agent": {typedSecret},
	}
	if status, _ := p.do(http.MethodPost, "/graphql?"+typedSecret, header, string(body)); status != http.StatusOK {
		p.t.Fatalf("a request that is part of a trace is answered with %d", status)
	}
	p.do(http.MethodGet, "/"+typedSecret+"?"+typedSecret, nil, "")
	p.do(strings.ToUpper(strings.ReplaceAll(typedSecret, "-", "")), "/", nil, "")
}

func metricsOfTheStory(t *testing.T, p *process) string {
	t.Helper()
	text, got := scrape(t, p)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	// A mail is counted a moment after it was received.
	for deadline := time.After(20 * time.Second); got["latchkey_mails_total sign_up sent"] == 0 || got["latchkey_mails_total confirmation nobody"] == 0; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the mails are not counted:\n%s", text)
		}
		text, got = scrape(t, p)
	}
	for series, want := range map[string]float64{
		"latchkey_logins_total ok password":                           1,
		"latchkey_logins_total INVALID_CREDENTIALS password":          1,
		"latchkey_acts_total signed_up ok":                            1,
		"latchkey_acts_total email_confirmed ok":                      1,
		"latchkey_password_hashes_total done":                         3,
		"latchkey_password_hash_wait_seconds":                         3,
		"latchkey_graphql_operations_total me ok":                     1,
		"latchkey_graphql_operations_total login INVALID_CREDENTIALS": 1,
		"latchkey_graphql_operations_total login ok":                  1,
		"latchkey_graphql_duration_seconds login":                     2,
		"latchkey_http_requests_total / 404":                          1,
		"latchkey_http_requests_total /graphql 200":                   6,
		"latchkey_database_up":                                        1,
		"latchkey_outbox_mails abandoned":                             0,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
	if len(got) > 300 {
		t.Errorf("there are %d series after a short story", len(got))
	}
	return text
}

func spansOfTheStory(t *testing.T, traces *receiver, database string) {
	t.Helper()
	traces.mu.Lock()
	defer traces.mu.Unlock()
	if !traces.names["our-login"] || len(traces.names) != 1 {
		t.Errorf("the service is called %v", traces.names)
	}
	login := traces.find("mutation login", nil)
	hash, insert := traces.find("password hash", login), traces.find("INSERT sessions", login)
	system := map[string]string{"SQLite": "sqlite", "Postgres": "postgresql"}[database]
	told := func(attribute interface{ GetKey() string }) bool { return attribute.GetKey() == "db.system.name" }
	for _, attribute := range insert.GetAttributes() {
		if told(attribute) && attribute.GetValue().GetStringValue() != system {
			t.Errorf("the database is called %s", attribute.GetValue().GetStringValue())
		}
	}
	if hash.GetEndTimeUnixNano() <= hash.GetStartTimeUnixNano() || hash.GetStartTimeUnixNano() < login.GetStartTimeUnixNano() {
		t.Error("got no span of the hash, want one")
	}
	traces.find("BEGIN", login)
	traces.find("COMMIT", login)
	letter := traces.find("mail sign_up", nil)
	traces.find("SELECT sign_ups", letter)
	traces.find("GET /", nil)
	for _, span := range traces.spans {
		if strings.Contains(span.GetName(), "healthz") || strings.HasPrefix(span.GetName(), "WITH") {
			t.Errorf("there is a span %q, of which there is one each second", span.GetName())
		}
	}
	theirs, err := hex.DecodeString(theirTrace)
	if err != nil {
		t.Fatal(err)
	}
	linked := slices.IndexFunc(traces.spans, func(span *tracepb.Span) bool {
		return len(span.GetLinks()) == 1 && bytes.Equal(span.GetLinks()[0].GetTraceId(), theirs)
	})
	if linked < 0 {
		t.Fatal("no span is linked to the trace of the client")
	}
	if own := traces.spans[linked]; bytes.Equal(own.GetTraceId(), theirs) || len(own.GetParentSpanId()) > 0 || own.GetName() != "POST /graphql" {
		t.Errorf("the client has put the span %q into its own trace", own.GetName())
	}
}

func linesOfTheStory(t *testing.T, p *process) {
	t.Helper()
	fingerprints := map[string]bool{}
	for line := range strings.Lines(p.output.String()) {
		var said struct {
			Msg, Route, Operation, Outcome, Account string
			RequestID                               string `json:"request_id"`
		}
		if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "request" || said.Route != "/graphql" {
			continue
		}
		if said.RequestID == "" || said.Operation == "" || said.Outcome == "" {
			t.Errorf("a request has the line %s", line)
		}
		if said.Operation == "login" || said.Operation == "register" {
			fingerprints[said.Account] = true
		}
	}
	if len(fingerprints) != 1 || fingerprints[""] {
		t.Errorf("the log names the one account by the fingerprints %v", fingerprints)
	}
}

func TestTheLogNamesAddressesIfToldTo(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_LOG_PII": "true", "LATCHKEY_USERNAMES": "optional"})
	p.graphql("", `mutation { login(input: {email: "`+email+`", password: "wrong horse"}) { errors { code } } }`, nil)
	p.graphql("", `mutation { login(input: {username: "hunter2", password: "wrong horse"}) { errors { code } } }`, nil)
	p.stop()
	if out := p.output.String(); !strings.Contains(out, `"account":"`+email+`"`) || strings.Contains(out, "hunter2") || strings.Count(out, `"account":"`) != 2 {
		t.Errorf("the log is\n%s", out)
	}
	if out := p.output.String(); strings.Contains(out, `"msg":"metrics"`) || strings.Contains(out, "traces") {
		t.Error("somebody watches, and nobody asked for it")
	}
}

func TestATakenPortOfTheMetricsStopsTheStart(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, errs, ok := latchkey(t, "", map[string]string{
		"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_METRICS_ADDR": taken.Addr().String(),
	})
	if ok || !strings.Contains(errs, "choose one with LATCHKEY_METRICS_ADDR") {
		t.Errorf("the start succeeds: %v\n%s", ok, errs)
	}
}

// TestACollectorThatHangsDelaysNobody sends spans to one that takes connections and never answers.
func TestACollectorThatHangsDelaysNobody(t *testing.T) {
	hangs, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hangs.Close() }()
	p := serve(t, map[string]string{
		"LATCHKEY_DATA_DIR": t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:collectors-key@" + hangs.Addr().String(),
		"OTEL_BSP_SCHEDULE_DELAY": "10", "OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5",
	})
	begun := time.Now()
	for range 100 {
		if answer := p.graphql("", `{ authConfig { registration } }`, nil); !strings.Contains(answer, "OPEN") {
			t.Fatalf("the answer is %s", answer)
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("a hundred requests took %v", took)
	}
	if took := p.stop(); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if out := p.output.String(); !strings.Contains(out, "traces:") || strings.Contains(out, "collectors-key") {
		t.Errorf("the log is\n%s", out)
	}
}
