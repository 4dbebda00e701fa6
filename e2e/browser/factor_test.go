package browser

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	endian "encoding/binary" // binary is the program here
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// appCode is the code that an authenticator app shows so many steps from now.
func appCode(t *testing.T, secret string, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatalf("the page shows no secret: %v", err)
	}
	mac := hmac.New(sha1.New, key)
	_ = endian.Write(mac, endian.BigEndian, time.Now().Unix()/30+steps)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", endian.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// TestASecondStep sets up an app on the account page, signs in with it, loses it and signs in with a recovery code.
func TestASecondStep(t *testing.T) {
	for _, d := range []chromium.Screen{desktop, phone} {
		t.Run(d.Name, func(t *testing.T) {
			chromium.Need(t)
			t.Parallel()
			s := serve(t)
			s.account(ada)
			b := newTab(t, s, d)
			enter := func() {
				b.open("/sign-in?return_to=account")
				b.fill("#login", ada)
				b.fill("#password", password)
				b.press(`[data-form="sign-in"]`, "Sign in")
			}
			enter()
			b.see("Your account has no second step.")
			b.press("main", "Set up an authenticator app")
			b.until("the secret", `document.querySelector("[data-secret]").innerText.length === 32`)
			b.until("the QR code", `document.querySelectorAll("[data-qr] path").length === 2`)
			secret := chromium.Ask[string](b.Page, `document.querySelector("[data-secret]").innerText`)
			b.inspect("second-step-setup")
			b.fill("#enroll-code", "000000")
			b.press(`[data-form="enroll"]`, "Continue")
			b.errorAt("#enroll-code", "This code does not work")
			b.fill("#enroll-code", appCode(t, secret, -1)) // a clock may be a step behind
			b.press(`[data-form="enroll"]`, "Continue")
			b.see("Keep these codes")
			b.see("Recovery codes left: 10.")
			b.inspect("second-step-codes")
			code := chromium.Ask[string](b.Page, `document.querySelector("[data-codes] li").innerText`)
			b.press("main", "Sign out")
			b.at("/sign-in")

			enter()
			b.see("Open your authenticator app")
			b.until("the focus in the field", `document.activeElement.id === "totp-code"`)
			b.inspect("second-step")
			b.fill("#totp-code", "000000")
			b.press(`[data-form="factor"]`, "Sign in")
			b.errorAt("#totp-code", "This code does not work")
			b.fill("#totp-code", appCode(t, secret, 0))
			b.do(chromedp.Click(chromedp.CSS("#trust-device")))
			b.press(`[data-form="factor"]`, "Sign in")
			b.see("Signed in as " + ada)
			b.see("These devices are not asked for a code:")
			b.inspect("second-step-trusted")
			b.press("main", "Sign out")
			b.at("/sign-in")

			enter()
			b.see("Signed in as " + ada) // without a code
			b.press("[data-trusted-devices]", "Remove")
			b.see("This device is asked for a code at the next sign-in")
			b.press("main", "Sign out")
			b.at("/sign-in")

			enter()
			b.press("main", "Use a recovery code instead")
			b.fill("#recovery-code", code)
			b.inspect("second-step-recovery")
			b.press(`[data-form="recovery"]`, "Sign in")
			b.see("Keep these codes")
			b.inspect("second-step-replacement")
			b.press("main", "I have kept them")
			b.see("Recovery codes left: 10.")
			b.press("main", "Remove the authenticator app")
			b.see("Your account has no second step.")
		})
	}
}
