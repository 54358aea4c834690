-- What wrk sends, by the words after `--`:
--   (none)                 GET
--   post TYPE BODY         POST
--   refresh TOKEN TOKEN…   POST /auth/refresh; each thread trades a token of its own for the next one

local threads = 0
local token

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  if args[1] then wrk.method = "POST" end
  if args[1] == "post" then
    wrk.headers["Content-Type"] = args[2]
    wrk.body = args[3]
  elseif args[1] == "refresh" then
    wrk.headers["Content-Type"] = "application/json"
    token = args[number + 1]
    request = function() return wrk.format(nil, nil, nil, '{"refresh_token": "' .. token .. '"}') end
    response = function(status, headers, body) token = body:match('"refresh_token":%s*"([^"]+)"') or token end
  end
end

-- requests, microseconds, refused or broken requests
function done(summary)
  local errors = summary.errors
  local broken = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, broken))
end
