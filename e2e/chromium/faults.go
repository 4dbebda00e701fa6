package chromium

import (
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// reportViolations makes the console say what a page's security policy kept it from.
const reportViolations = `addEventListener("securitypolicyviolation", (e) =>
	console.error("policy: " + e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber));`

// faults are what a page must not do.
type faults struct {
	mu       sync.Mutex
	foreign  []string // requests to other hosts
	other    []string
	refusals bool // answers of 400 and more are faults too
	expected bool // they are what the test is about
	allowed  []string
}

// Allow lets the page ask another host, such as that of a provider.
func (f *faults) Allow(host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.allowed = append(f.allowed, host)
}

// Foreign returns the requests to other hosts so far.
func (f *faults) Foreign() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.foreign)
}

// CountRefusals makes faults of answers of 400 and more from here on.
func (f *faults) CountRefusals() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusals = true
}

// Expect says that faults are what the test is about: none fails it.
func (f *faults) Expect() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected = true
}

// Forgive takes back the faults with these words, which the test has provoked.
func (f *faults) Forgive(words string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.other = slices.DeleteFunc(f.other, func(fault string) bool { return strings.Contains(fault, words) })
}

// noted returns the faults that fail the test.
func (f *faults) noted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.expected {
		return nil
	}
	all := slices.Clone(f.other)
	for _, address := range f.foreign {
		all = append(all, "asks another host: "+address)
	}
	return all
}

func (f *faults) add(fault string) { f.other = append(f.other, fault) }

// listen notes what the page must not do.
func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		p.request(e.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, arg := range e.Args {
				words = append(words, string(arg.Value)+arg.Description)
			}
			p.add("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			what += " " + e.ExceptionDetails.Exception.Description
		}
		p.add("script: " + what + " " + e.ExceptionDetails.URL)
	case *log.EventEntryAdded:
		// A link that does not work is answered with 400; that is no fault of most pages.
		if e.Entry.Level == log.EntryLevelError && (p.refusals || e.Entry.Source != log.EntrySourceNetwork) {
			p.add("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (p *Page) request(address string) {
	u, err := url.Parse(address)
	local := err == nil && (u.Host == p.host || slices.Contains(p.allowed, u.Host) || u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about")
	if !local {
		p.foreign = append(p.foreign, address)
	}
}
