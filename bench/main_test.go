package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/bench/bare"
)

// TestMain is the limits as well, which are this program once more.
func TestMain(m *testing.M) {
	if kind := os.Getenv(bareVariable); kind != "" {
		if err := bare.Serve(context.Background(), kind, os.Getenv(bareURLVariable), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The whole of it, as small as it goes: it decides about nothing but whether the harness still works.
func TestSmoke(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "performance")
	document := folder + ".md"
	if err := os.WriteFile(document, []byte("# Before\n\n"+tableBegins+"old\n"+tableEnds+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	args := []string{"--quick", "--publish", folder}
	if program := os.Getenv("LATCHKEY_TEST_BINARY"); program != "" {
		args = append(args, "--program", program)
	}
	if err := measureAll(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	for _, operation := range allOperations {
		if operation == opEnding { // which is among those of replicas
			continue
		}
		if !strings.Contains(out.String(), "| "+operation+" | SQLite | **") {
			t.Errorf("the table has no row of %q:\n%s", operation, out.String())
		}
	}
	if os.Getenv("LATCHKEY_TEST_POSTGRES") == "required" && !strings.Contains(out.String(), "| me | Postgres | **") {
		t.Error("Postgres was not measured, and LATCHKEY_TEST_POSTGRES=required")
	}
	for _, part := range []string{"**This was a quick run**", "| flood of logins |", "| time with more users |", "| start on an existing database |", "| target |"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the output has no table %q", part)
		}
	}
	published, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(published); !strings.Contains(text, out.String()) || !strings.HasPrefix(text, "# Before\n") || !strings.HasSuffix(text, "after\n") || strings.Contains(text, "old") {
		t.Errorf("the document is\n%s", text)
	}
	chart, err := os.Open(filepath.Join(folder, "chart.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = chart.Close() }()
	for decoder := xml.NewDecoder(chart); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the chart is no XML: %v", err)
		}
	}
	checkProfiles(t, folder, out.String())
	if results, err := os.ReadFile(filepath.Join(folder, "results.json")); err != nil || strings.Contains(string(results), "lk_") {
		t.Errorf("the results are missing, or hold a token: %v", err)
	}
}

var profileLink = regexp.MustCompile(`met(?:\*\*)? \(\[profile\]\(performance/(profiles/[a-z0-9-]+\.txt)\)\)`)

// checkProfiles looks at what the targets lead to: the first of those that were not met, and the flood.
func checkProfiles(t *testing.T, folder, table string) {
	t.Helper()
	var links []string
	for _, link := range profileLink.FindAllStringSubmatch(table, -1) {
		links = append(links, link[1])
	}
	slices.Sort(links)
	links = slices.Compact(links)
	if missed := strings.Count(table, "**not met**"); canProfile && len(links) == 0 && missed > 0 {
		t.Errorf("%d targets were missed, and no profile says why:\n%s", missed, table)
	}
	files, err := filepath.Glob(filepath.Join(folder, "profiles", "*"))
	if err != nil || len(files) != len(links) {
		t.Errorf("there are %d profiles, and links to %v (%v)", len(files), links, err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(link)))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"with what it calls", "flat%", "Type: cpu", "Type: inuse_space"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s has no %q:\n%s", link, part, text)
			}
		}
		for _, secret := range []string{"lk_", "@example.com", os.TempDir() + "/", filepath.Dir(root)} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has %q in it", link, secret)
			}
		}
	}
}

// server answers each request with what answer returns.
func server(t *testing.T, answer func(i int) string) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				buffer := make([]byte, 4096)
				for i := 0; ; i++ {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
					if _, err := io.WriteString(conn, answer(i)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func ping(contains string) *operation {
	return byToken("ping", bearer, meBody, contains, func() (string, bool) { return "nobody", true })
}

const pong = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 4\r\nX-Other: 7\r\n\r\npong"

func TestLatenciesCountFromWhenRequestsWereDue(t *testing.T) {
	const stall = 300 * time.Millisecond
	address := server(t, func(i int) string {
		if i == 0 {
			<-time.After(stall) // what a server does that stands still
		}
		return pong
	})
	got, err := atRate(t.Context(), address, ping("pong"), 1, 100, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.done) != 50 {
		t.Fatalf("%d requests were done, want 50", len(got.done))
	}
	// 30 requests were due while the one connection stood still, and half of those waited for 150 ms.
	late := 0
	for _, took := range got.done {
		if took > stall/2 {
			late++
		}
	}
	if late < 14 {
		t.Errorf("%d requests were late by more than %v, want about 15: those that had to wait do not count", late, stall/2)
	}
}

func TestAnswersThatAreNoneEndTheMeasurement(t *testing.T) {
	for name, answer := range map[string]string{
		"another body":     "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nping",
		"an error":         "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno",
		"no length":        "HTTP/1.1 200 OK\r\n\r\npong",
		"another protocol": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address := server(t, func(int) string { return answer })
			if _, err := saturate(t.Context(), []string{address}, ping("pong"), 2, time.Second); err == nil {
				t.Error("got no error for a wrong answer, want one")
			}
		})
	}
}

func TestAnAnswerWithASecretIsNotRepeated(t *testing.T) {
	err := unexpected(200, []byte(`{"errors":[{"code":"INTERNAL"}],"token":"lk_ses_secret"}`))
	if err == nil || strings.Contains(err.Error(), "lk_") || !strings.Contains(err.Error(), "INTERNAL") {
		t.Errorf("the error is %v", err)
	}
}

func TestRefusalsAreApart(t *testing.T) {
	answers := []string{pong, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n\"RATE_LIMITED\""}
	address := server(t, func(i int) string { return answers[i%2] })
	got, err := atRate(t.Context(), address, ping("pong"), 1, 1000, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.done) != 10 || len(got.turnedAway) != 10 {
		t.Errorf("%d were done and %d refused, want 10 each", len(got.done), len(got.turnedAway))
	}
}

func TestWhoIsUsedUpIsNotTakenTwice(t *testing.T) {
	take := onceEach([]string{"a", "b"})
	var got []string
	for subject, ok := take(); ok; subject, ok = take() {
		got = append(got, subject)
	}
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("taken were %v", got)
	}
}

func TestPercentilesAndMedians(t *testing.T) {
	var l latencies
	for i := range 100 {
		l = append(l, time.Duration(100-i)*time.Millisecond)
	}
	if l.at(0.5) != 51*time.Millisecond || l.at(0.99) != 100*time.Millisecond || l.at(1) != 100*time.Millisecond || latencies(nil).at(0.5) != 0 {
		t.Errorf("p50 %v, p99 %v, the most %v", l.at(0.5), l.at(0.99), l.at(1))
	}
	if median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 {
		t.Error("the median is not the one in the middle")
	}
	if got := ratio("x", []float64{1, 8, 3}, []float64{2, 2, 2}); got.Median != 1.5 || got.Low != 0.5 || got.High != 4 || got.LimitPerSecond != 2 {
		t.Errorf("the ratio is %+v: it must be that of the rounds", got)
	}
}
