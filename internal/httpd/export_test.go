package httpd

// ClientCredentials is for the fuzzer.
var ClientCredentials = clientCredentials
