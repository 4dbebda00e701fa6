package auth

import "strings"

// Device returns the user agent of the session in words, such as "Firefox on Android", and "" where
// it is not known.
func (s *Session) Device() string { return deviceInWords(s.UserAgent) }

// sign is a part of a user agent and what it is a sign of.
type sign struct{ part, of string }

// programs are what calls itself by name and is no browser, even if it also names one. All signs are
// in lower case, and the first that is found counts.
var programs = []sign{
	{"googlebot", "Googlebot"},
	{"bingbot", "Bingbot"},
	{"bot/", "Bot"},
	{"bot;", "Bot"},
	{"crawler", "Bot"},
	{"spider", "Bot"},
	{"headlesschrome/", "Headless Chrome"},
	{"postmanruntime/", "Postman"},
	{"insomnia/", "Insomnia"},
	{"curl/", "curl"},
	{"wget/", "Wget"},
	{"httpie/", "HTTPie"},
	{"python-requests/", "Python"},
	{"python-urllib/", "Python"},
	{"python-httpx/", "Python"},
	{"aiohttp/", "Python"},
	{"go-http-client/", "Go"},
	{"okhttp/", "OkHttp"},
	{"axios/", "Node.js"},
	{"node-fetch/", "Node.js"},
	{"undici", "Node.js"},
	{"apache-httpclient/", "Java"},
	{"java/", "Java"},
	{"dart/", "Dart"},
}

// browsers stand in an order in which those come first that also name another: nearly all say that
// they are Safari, and most that they are Chrome.
var browsers = []sign{
	{"edg/", "Edge"},
	{"edga/", "Edge"},
	{"edgios/", "Edge"},
	{"edge/", "Edge"},
	{"opr/", "Opera"},
	{"opt/", "Opera"},
	{"opera", "Opera"},
	{"samsungbrowser/", "Samsung Internet"},
	{"vivaldi/", "Vivaldi"},
	{"yabrowser/", "Yandex Browser"},
	{"ucbrowser/", "UC Browser"},
	{"duckduckgo/", "DuckDuckGo"},
	{"ddg/", "DuckDuckGo"},
	{"firefox/", "Firefox"},
	{"fxios/", "Firefox"},
	{"focus/", "Firefox"},
	{"chrome/", "Chrome"},
	{"crios/", "Chrome"},
	{"chromium/", "Chrome"},
	{"trident/", "Internet Explorer"},
	{"msie ", "Internet Explorer"},
	{"safari/", "Safari"},
}

// systems stand in an order in which those come first that also name another.
var systems = []sign{
	{"windows phone", "Windows Phone"},
	{"iphone", "iPhone"},
	{"ipod", "iPhone"},
	{"ipad", "iPad"},
	{"android", "Android"},
	{"cros ", "ChromeOS"},
	{"windows", "Windows"},
	{"macintosh", "Mac"},
	{"mac os x", "Mac"},
	{"darwin/", "Apple device"},
	{"linux", "Linux"},
	{"x11", "Unix"},
}

// deviceInWords names the browser and the system of a user agent, and "" where it knows neither.
// What it returns is always made of the words above, and so may stand in a mail, whatever a
// stranger sends: it is for people to recognize their own devices by, and no proof of anything.
func deviceInWords(userAgent string) string {
	agent := strings.ToLower(userAgent)
	if program := find(programs, agent); program != "" {
		return program
	}
	browser, system := find(browsers, agent), find(systems, agent)
	if browser != "" && system != "" {
		return browser + " on " + system
	}
	return browser + system
}

func find(signs []sign, agent string) string {
	for _, s := range signs {
		if strings.Contains(agent, s.part) {
			return s.of
		}
	}
	return ""
}
