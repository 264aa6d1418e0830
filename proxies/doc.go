// Package proxies scores networks that were never trained, from their initial
// weights and a batch of images: zero-cost proxies.
package proxies
