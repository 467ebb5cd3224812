-- Sends one request text with the cookies of a file in turn and prints the measurements as one line of JSON.
-- Arguments: the file with the request (COOKIE stands for the cookie), the file with the cookies, one a line.

local requests, at = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local before, after = file:read("*a"):match("^(.*)COOKIE(.*)$")
  file:close()
  for cookie in io.lines(args[2]) do
    requests[#requests + 1] = before .. cookie .. after
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"refused":%d,"failed":%d,"p50":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, errors.status, failed,
    latency:percentile(50), latency:percentile(99), latency.max
  ))
end
