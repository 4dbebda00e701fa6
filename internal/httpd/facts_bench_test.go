package httpd

import "testing"

// BenchmarkUserAgent cleans that of a browser.
func BenchmarkUserAgent(b *testing.B) {
	const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	for b.Loop() {
		if cleanUserAgent(browser) != browser {
			b.Fatal("got a changed user agent, want it unchanged")
		}
	}
}
