-- SPDX-License-Identifier: Apache-2.0
--
-- mailwake.lua: Dovecot's push_notification plugin runs this in every mail process (lmtp, imap, ...), and it tells mailwake what changed.
-- docs/guides/dovecot.md installs it; docs/decisions/dovecot.md says why it is so.
--
-- A transaction of Dovecot (always in one folder) becomes one POST /v1/changes, after it was committed. Mail is never held up for long: a
-- POST takes at most ANSWER_MS, and after a failure none is tried for RETRY_S.
--
-- The spool, so that no change is lost (names are percent-encoded mailboxes; bin/mailwake-dovecot reads it):
--   open/PID.START.N.MAILBOX  written before the commit, removed when mailwake has acknowledged: one of a dead process is a gap
--   open/down.UID             when the next attempt is due, after a failure
--   suspect/MAILBOX           changes were not told: every folder of this mailbox is suspect
--   folders/MAILBOX           its folder list is to be declared again
-- Needs Dovecot 2.3.19 or a later 2.3 (dovecot.http) with Lua 5.3 or later.

local ANSWER_MS = 2000
local CONNECT_MS = 1000
local RETRY_S = 10
local MAX_ID_BYTES = 64
local MAX_FILE_NAME = 200
local ALL = "%ALL"  -- stands for every mailbox; no encoded name has it, since %AL is not hexadecimal

local settings = nil
local client = nil
local process = nil
local transactions = 0

-- ---- names --------------------------------------------------------------------------------------------------------------------------

-- A mailbox as a file name. One that would be too long stands for all mailboxes: too much is suspected then, never too little.
local function file_name(mailbox)
  local name = mailbox:gsub("[^A-Za-z0-9@._+=-]", function(c) return string.format("%%%02X", c:byte()) end):gsub("^%.", "%%2E")
  return #name <= MAX_FILE_NAME and name or ALL
end

local function fnv1a(text)
  local hash = 0xcbf29ce484222325
  for i = 1, #text do
    hash = (hash ~ text:byte(i)) * 0x100000001b3
  end
  return string.format("%016x", hash)
end

-- The folder id is the name; of a name over 64 bytes, its start (whole UTF-8 characters) and a hash. mailwake-dovecot has the same rule.
local function folder_id(name)
  if #name <= MAX_ID_BYTES then
    return name
  end
  local cut = MAX_ID_BYTES - 17
  while cut > 0 and name:byte(cut + 1) & 0xC0 == 0x80 do
    cut = cut - 1
  end
  return name:sub(1, cut) .. "~" .. fnv1a(name)
end

local function json(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

-- ---- the spool ----------------------------------------------------------------------------------------------------------------------

local function write(path, text)
  local file, problem = io.open(path, "w")
  if file == nil then
    dovecot.i_error("mailwake: cannot write the spool, a change may go untold: " .. problem)
    return false
  end
  file:write(text)
  file:close()
  return true
end

local function read(path)
  local file = io.open(path, "r")
  if file == nil then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

local function down_file(txn)
  return string.format("%s/open/down.%d", settings.spool, txn.uid)
end

-- A time that is further off than RETRY_S is from a clock that was set back since.
local function is_down(txn)
  local due = tonumber(read(down_file(txn)) or "")
  return due ~= nil and os.time() < due and due <= os.time() + RETRY_S
end

local function suspect_file(txn)
  return settings.spool .. "/suspect/" .. txn.file_name
end

-- What the marker stood for is now known not to be told.
local function spool(txn)
  if txn.marker == nil or not os.rename(txn.marker, suspect_file(txn)) then
    write(suspect_file(txn), "")
  end
end

-- ---- mailwake -----------------------------------------------------------------------------------------------------------------------

local function start(user)
  local function get(name)
    local value = user:plugin_getenv(name)
    return value ~= nil and value ~= "" and value or nil
  end
  settings = {
    url = assert(get("mailwake_url"), "mailwake: plugin { mailwake_url = https://HOST:PORT } is missing"):gsub("/+$", ""),
    token_file = get("mailwake_token_file") or "/etc/dovecot/mailwake.token",
    spool = get("mailwake_spool") or "/var/spool/mailwake",
    folders = (get("mailwake_folders") or "no"):match("^[yY1tT]") ~= nil,
  }
  -- Which process this is: its id and the time it started, so that a later process of the same id is another.
  local pid, rest = (read("/proc/self/stat") or "0 (?) "):match("^(%d+) .*%)(.*)$")
  local fields = {}
  for field in rest:gmatch("%S+") do
    fields[#fields + 1] = field
  end
  process = pid .. "." .. (fields[20] or "0")
end

local function post(path, body)
  local token = (read(settings.token_file) or ""):match("%S+")
  if token == nil then
    return "no token can be read from " .. settings.token_file
  end
  client = client or dovecot.http.client {
    connect_timeout_msecs = CONNECT_MS,
    request_timeout_msecs = ANSWER_MS,
    request_absolute_timeout_msecs = ANSWER_MS,
    max_attempts = 1,
    no_auto_retry = true,
    no_auto_redirect = true,
  }
  local request = client:request { url = settings.url .. path, method = "POST" }
  request:add_header("Authorization", "Bearer " .. token)
  request:add_header("Content-Type", "application/json")
  request:set_payload(body)
  local response = request:submit()
  if response:status() == 200 then
    return nil
  end
  return string.format("%d %s %s", response:status(), response:reason(), response:payload():sub(1, 200))
end

-- nil, or why mailwake did not take it.
local function tell(path, body)
  local ok, problem = pcall(post, path, body)
  if ok and problem == nil then
    return nil
  end
  return tostring(problem)
end

-- mailwake answers: an older gap of this mailbox is closed at once. It is claimed first, since another process may add a new one meanwhile.
local function close_gap(txn)
  local claimed = suspect_file(txn) .. "~" .. process
  if txn.file_name == ALL or not os.rename(suspect_file(txn), claimed) then
    return
  end
  if tell("/v1/suspect", string.format('{"mailbox":%s}', json(txn.mailbox))) then
    os.rename(claimed, suspect_file(txn))
  else
    os.remove(claimed)
  end
end

-- ---- what Dovecot calls -------------------------------------------------------------------------------------------------------------

-- At the first change of a transaction, before it is committed.
function dovecot_lua_notify_begin_txn(user)
  if settings == nil then
    start(user)
  end
  transactions = transactions + 1
  local txn = { mailbox = user.username, uid = math.tointeger(user.uid), file_name = file_name(user.username), lines = {}, seen = {} }
  local marker = string.format("%s/open/%s.%d.%s", settings.spool, process, transactions, txn.file_name)
  if write(marker, "") then
    txn.marker = marker
  end
  return txn
end

local function add(txn, name, kind)
  local line = string.format('{"mailbox":%s,"folder":%s,"class":"email","kind":"%s"}\n', json(txn.mailbox), json(folder_id(name)), kind)
  if not txn.seen[line] then
    txn.seen[line] = true
    txn.lines[#txn.lines + 1] = line
  end
end

-- With declared lists, the new list says it all; without, the folder's name is all that mailwake can be told.
local function list_changed(txn, name, kind)
  if settings.folders then
    txn.list_changed = true
  else
    add(txn, name, kind)
  end
end

function dovecot_lua_notify_event_message_new(txn, event) add(txn, event.mailbox, "added") end
function dovecot_lua_notify_event_message_append(txn, event) add(txn, event.mailbox, "added") end
function dovecot_lua_notify_event_message_expunge(txn, event) add(txn, event.mailbox, "deleted") end
function dovecot_lua_notify_event_flags_set(txn, event) add(txn, event.mailbox, "flags") end
function dovecot_lua_notify_event_flags_clear(txn, event) add(txn, event.mailbox, "flags") end
function dovecot_lua_notify_event_mailbox_create(txn, event) list_changed(txn, event.mailbox, "added") end
function dovecot_lua_notify_event_mailbox_delete(txn, event) list_changed(txn, event.mailbox, "deleted") end
function dovecot_lua_notify_event_mailbox_rename(txn, event)
  list_changed(txn, event.mailbox_old, "deleted")
  list_changed(txn, event.mailbox, "added")
end

-- After the commit (success), or the rollback.
function dovecot_lua_notify_end_txn(txn, success)
  if success and txn.list_changed then
    write(settings.spool .. "/folders/" .. txn.file_name, "")
  end
  if success and #txn.lines > 0 then
    if is_down(txn) then
      spool(txn)
      return
    end
    local problem = tell("/v1/changes", table.concat(txn.lines))
    if problem then
      spool(txn)
      write(down_file(txn), tostring(os.time() + RETRY_S))
      dovecot.i_warning(string.format("mailwake: %s was not told of a change and is suspect now: %s", txn.mailbox, problem))
      return
    end
    close_gap(txn)
  end
  if txn.marker then
    os.remove(txn.marker)
  end
end
